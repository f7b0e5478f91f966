#include "tools/bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "nlohmann/json.hpp"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::bench {
namespace {

using cli::FormatCount;
using cli::Table;
using nlohmann::ordered_json;

constexpr auto kRight = Table::Align::kRight;
constexpr std::pair<const char*, double> kPercentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}};

double Milliseconds(int64_t us) { return static_cast<double>(us) / 1'000; }
double Mebibytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

double OrdersPerSecond(const Report& report) {
  const double seconds = absl::ToDoubleSeconds(report.load.elapsed);
  return seconds > 0 ? static_cast<double>(report.load.tally.verdicts()) / seconds : 0;
}

double PerOrder(absl::Duration cpu, int64_t orders) {
  return absl::ToDoubleMicroseconds(cpu) / static_cast<double>(std::max<int64_t>(1, orders));
}

std::vector<std::pair<const char*, int64_t>> CountsOf(const Tally& tally) {
  return {{"sent", tally.sent},
          {"created", tally.created},
          {"replayed", tally.replayed},
          {"conflicts", tally.conflicts},
          {"sequenceReused", tally.sequence_reused},
          {"rejected", tally.rejected},
          {"busy", tally.busy},
          {"failed", tally.failed},
          {"refused", tally.refusal.count()},
          {"reconnects", tally.reconnects}};
}

}  // namespace

std::vector<ProcessUse> ProcessesBetween(const std::map<std::string, ProcessSample>& before,
                                         const std::map<std::string, ProcessSample>& after, int64_t orders) {
  std::vector<ProcessUse> uses;
  for (const auto& [name, now] : after) {
    const auto then = before.find(name);
    const bool restarted = then == before.end() || then->second.pid != now.pid;
    const absl::Duration cpu = restarted ? now.cpu : now.cpu - then->second.cpu;
    uses.push_back({name, PerOrder(cpu, orders), now.rss_bytes, now.peak_rss_bytes, restarted});
  }
  return uses;
}

std::vector<ProcessUse> ProcessesOf(const Report& report) {
  const int64_t orders = report.load.tally.verdicts();
  std::vector<ProcessUse> uses = ProcessesBetween(report.before, report.after, orders);
  uses.push_back({"ordermesh-bench", PerOrder(report.own_cpu, orders)});
  return uses;
}

ordered_json LatencyAsJson(const Histogram& latency) {
  ordered_json json{{"mean", latency.mean_us() / 1'000}};
  for (const auto& [name, percent] : kPercentiles) json[name] = Milliseconds(latency.Percentile(percent));
  json["max"] = Milliseconds(latency.max_us());
  return json;
}

ordered_json UseAsJson(const ProcessUse& use) {
  return {{"name", use.name},
          {"cpuUsPerOrder", use.cpu_us_per_order},
          {"rssBytes", use.rss_bytes},
          {"peakRssBytes", use.peak_rss_bytes},
          {"restarted", use.restarted}};
}

std::string LatencyAsTable(const char* title, const Histogram& latency) {
  Table table({{title}, {"MS", kRight}});
  for (const auto& [name, percent] : kPercentiles) {
    table.AddRow({name, fmt::format("{:.2f}", Milliseconds(latency.Percentile(percent)))});
  }
  table.AddRow({"max", fmt::format("{:.2f}", Milliseconds(latency.max_us()))});
  return table.ToString();
}

std::string UsesAsTable(const std::vector<ProcessUse>& uses) {
  Table table({{"PROCESS"}, {"CPU US/ORDER", kRight}, {"RSS MIB", kRight}, {"PEAK MIB", kRight}, {""}});
  for (const ProcessUse& use : uses) {
    const auto memory = [](int64_t bytes) { return bytes == 0 ? "" : fmt::format("{:.0f}", Mebibytes(bytes)); };
    table.AddRow({use.name, fmt::format("{:.2f}", use.cpu_us_per_order), memory(use.rss_bytes),
                  memory(use.peak_rss_bytes), use.restarted ? "restarted" : ""});
  }
  return table.ToString();
}

std::string ReportAsJson(const Report& report) {
  const Tally& tally = report.load.tally;
  ordered_json json{{"seconds", absl::ToDoubleSeconds(report.load.elapsed)},
                    {"verdicts", tally.verdicts()},
                    {"ordersPerSecond", OrdersPerSecond(report)}};
  for (const auto& [name, count] : CountsOf(tally)) json[name] = count;
  json["latencyMs"] = LatencyAsJson(tally.latency);
  if (tally.refusal.count() > 0) json["refusalMs"] = LatencyAsJson(tally.refusal);
  auto& processes = json["processes"] = ordered_json::array();
  for (const ProcessUse& use : ProcessesOf(report)) processes.push_back(UseAsJson(use));
  return json.dump() + "\n";
}

std::string ReportAsTable(const Report& report) {
  const Tally& tally = report.load.tally;
  std::string text = fmt::format("{} orders/s: {} verdicts in {:.2f} s\n\n",
                                 FormatCount(static_cast<int64_t>(OrdersPerSecond(report))),
                                 FormatCount(tally.verdicts()), absl::ToDoubleSeconds(report.load.elapsed));
  Table counts({{"ORDERS"}, {"COUNT", kRight}});
  for (const auto& [name, count] : CountsOf(tally)) {
    if (count > 0) counts.AddRow({name, FormatCount(count)});
  }
  text += counts.ToString() + "\n" + LatencyAsTable("LATENCY", tally.latency) + "\n";
  if (tally.refusal.count() > 0) text += LatencyAsTable("REFUSAL", tally.refusal) + "\n";
  return text + UsesAsTable(ProcessesOf(report));
}

}  // namespace ordermesh::bench
