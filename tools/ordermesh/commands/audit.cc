#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "absl/strings/str_cat.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/progress.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

using common::v1::AuditReport;
using common::v1::AuditRequest;
using common::v1::AuditResponse;
using AuditStream = std::unique_ptr<grpc::ClientReaderInterface<AuditResponse>>;
using OpenAudit = std::function<AuditStream(grpc::ClientContext&)>;

// Runs the audit of one store to its report. One that is interrupted begins again: it runs on a snapshot.
absl::StatusOr<AuditReport> AuditStore(const Environment& environment, const std::string& name, const OpenAudit& open) {
  AuditReport report;
  const absl::Time start = absl::Now();
  ProgressDisplay display(environment.err, environment.terminal, name);
  const absl::Status status = client::RetryWhileAway(environment.Patience(), [&](absl::Duration) {
    // Without a deadline: how long it takes depends on how much is stored, and progress is shown.
    grpc::ClientContext context;
    const AuditStream stream = open(context);
    AuditResponse response;
    bool reported = false;
    while (stream->Read(&response)) {
      ProgressState state;
      state.done = response.rows_read();
      state.elapsed = absl::Now() - start;
      if (response.rows_total() > 0) {
        state.fraction = static_cast<double>(response.rows_read()) / static_cast<double>(response.rows_total());
      }
      display.Show(state);
      reported = response.has_report();
      if (reported) report = std::move(*response.mutable_report());
    }
    const absl::Status ended = rpc::FromGrpc(stream->Finish());
    if (ended.ok() && !reported) return absl::InternalError(absl::StrCat(name, " ended its audit without a report"));
    return ended;
  });
  display.Clear();
  if (!status.ok()) return absl::Status(status.code(), absl::StrCat("audit of ", name, ": ", status.message()));
  return report;
}

std::string ReportsAsTable(const std::vector<AuditReport>& reports) {
  Table table({{"STORE"},
               {"SHARD", Table::Align::kRight},
               {"OK"},
               {"ROWS", Table::Align::kRight},
               {"LAST POSITION", Table::Align::kRight},
               {"REBUILT"},
               {"STATE HASH"}});
  std::string problems;
  for (const AuditReport& report : reports) {
    table.AddRow({report.store(), std::to_string(report.shard()), report.ok() ? "yes" : "NO",
                  FormatCount(report.rows()), FormatCount(report.last_position()), report.rebuilt() ? "yes" : "no",
                  report.state_hash()});
    for (const std::string& problem : report.problems()) problems += fmt::format("{}: {}\n", report.store(), problem);
  }
  return table.ToString() + problems;
}

std::string ReportsAsJson(const std::vector<AuditReport>& reports, bool ok) {
  std::string stores;
  for (const AuditReport& report : reports) stores += (stores.empty() ? "" : ",") + ToJson(report);
  return fmt::format("{{\"ok\":{},\"stores\":[{}]}}\n", ok, stores);
}

absl::StatusOr<ExitCode> RunAudit(const Environment& environment, bool rebuild) {
  AuditRequest request;
  request.set_rebuild(rebuild);
  std::vector<AuditReport> reports;
  OM_ASSIGN_OR_RETURN(const auto orders, environment.NewStub<order::v1::OrderService>());
  OM_ASSIGN_OR_RETURN(reports.emplace_back(), AuditStore(environment, "order-store", [&](grpc::ClientContext& context) {
                        return orders->AuditOrders(&context, request);
                      }));
  OM_ASSIGN_OR_RETURN(const auto errors, environment.NewStub<error::v1::ErrorService>());
  OM_ASSIGN_OR_RETURN(reports.emplace_back(), AuditStore(environment, "error-store", [&](grpc::ClientContext& context) {
                        return errors->AuditErrors(&context, request);
                      }));
  bool ok = true;
  for (const AuditReport& report : reports) ok = ok && report.ok();
  environment.out << (environment.json() ? ReportsAsJson(reports, ok) : ReportsAsTable(reports));
  return ok ? kDone : kAnswerIsNo;
}

}  // namespace

void AddAudit(CLI::App& app, Environment& environment) {
  auto rebuild = std::make_shared<bool>(false);
  CLI::App* audit = app.add_subcommand("audit", "Prove that rows = indexes = counters = sums in every store");
  audit->add_flag("--rebuild", *rebuild,
                  "Also make identities, counters and indexes again from the log and compare them");
  audit->footer(
      "Live traffic goes on meanwhile. The exit code is 0 only where everything agrees.\n\n"
      "Examples:\n  ordermesh audit\n  ordermesh audit --rebuild -o json\n");
  audit->callback([&environment, rebuild] {
    environment.command = [&environment, rebuild] { return RunAudit(environment, *rebuild); };
  });
}

}  // namespace ordermesh::cli
