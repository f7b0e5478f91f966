#include "tools/ordermesh/importing/import_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

using common::v1::OrderVerdict;

constexpr int64_t kFailuresNamed = 20;

bool Stored(const OrderVerdict& verdict) {
  return verdict.verdict() == OrderVerdict::CREATED || verdict.verdict() == OrderVerdict::REPLAYED;
}

}  // namespace

ImportReport::ImportReport(std::ostream& err, bool terminal, const ByteSource& bytes, std::ostream* rejects)
    : err_(err), bytes_(bytes), rejects_(rejects), display_(err, terminal, "orders"), start_(absl::Now()) {}

void ImportReport::OnVerdict(const SourceOrder& order, const OrderVerdict& verdict) {
  if (rejects_ == nullptr || Stored(verdict)) return;
  auto line = nlohmann::ordered_json::parse(ToJson(verdict));
  line.update(nlohmann::ordered_json{{"line", order.line}});
  *rejects_ << line.dump() << '\n';
}

void ImportReport::OnFailure(const SourceOrder& order, const absl::Status& why) {
  if (rejects_ != nullptr) {
    *rejects_ << nlohmann::ordered_json{{"line", order.line}, {"failure", std::string(why.message())}}.dump() << '\n';
  }
  if (++failures_ > kFailuresNamed) return;
  display_.Clear();
  err_ << fmt::format("the order in line {} has no verdict: {}\n", order.line, std::string(why.message()));
  if (failures_ == kFailuresNamed) err_ << "further ones are counted, not named\n";
}

void ImportReport::OnTick(const ImportTotals& totals, bool waiting) {
  ProgressState state;
  state.done = totals.settled();
  state.elapsed = absl::Now() - start_;
  if (const auto total = bytes_.TotalBytes(); total.has_value() && *total > 0 && totals.received > 0) {
    const double read = static_cast<double>(bytes_.BytesRead()) / static_cast<double>(*total);
    state.fraction = read * static_cast<double>(totals.settled()) / static_cast<double>(totals.received);
  }
  if (waiting) state.note = "waiting for the mesh";
  display_.Show(state);
}

void ImportReport::Finish() {
  display_.Clear();
  elapsed_ = absl::Now() - start_;
}

std::string TotalsAsJson(const ImportTotals& totals, absl::Duration elapsed) {
  return nlohmann::ordered_json{{"received", totals.received},
                                {"created", totals.created},
                                {"replayed", totals.replayed},
                                {"conflicts", totals.conflicts},
                                {"sequenceReused", totals.sequence_reused},
                                {"rejected", totals.rejected},
                                {"seconds", absl::ToDoubleSeconds(absl::Trunc(elapsed, absl::Milliseconds(1)))}}
      .dump();
}

std::string TotalsAsTable(const ImportTotals& totals, absl::Duration elapsed) {
  Table table({{"VERDICT"}, {"ORDERS", Table::Align::kRight}});
  const auto row = [&](const char* name, int64_t count) { table.AddRow({name, FormatCount(count)}); };
  row("created", totals.created);
  row("replayed", totals.replayed);
  row("conflict", totals.conflicts);
  row("sequence reused", totals.sequence_reused);
  row("rejected", totals.rejected);
  if (!totals.complete()) row("none", totals.refused + totals.unsendable);
  row("received", totals.received);
  const double seconds = absl::ToDoubleSeconds(elapsed);
  const double rate = seconds > 0 ? static_cast<double>(totals.settled()) / seconds : 0;
  return table.ToString() + fmt::format("{:.1f} s, {} orders/s\n", seconds, FormatCount(static_cast<int64_t>(rate)));
}

}  // namespace ordermesh::cli
