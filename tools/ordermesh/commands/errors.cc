#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/error_filter.h"
#include "tools/ordermesh/commands/record_commands.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/record_text.h"

namespace ordermesh::cli {
namespace {

using error::v1::OrderError;

struct ErrorApi {
  using Service = error::v1::ErrorService;
  using Stub = Service::StubInterface;
  using Record = OrderError;
  using GetRequest = error::v1::GetErrorRequest;
  using ListRequest = error::v1::ListErrorsRequest;
  using ListResponse = error::v1::ListErrorsResponse;
  using WatchRequest = error::v1::WatchErrorsRequest;
  using WatchResponse = error::v1::WatchErrorsResponse;
  using ExportRequest = error::v1::ExportErrorsRequest;
  using DeliveriesResponse = error::v1::ListErrorDeliveriesResponse;
  static constexpr char kListMember[] = "errors";

  static grpc::Status Get(Stub& stub, grpc::ClientContext& context, const GetRequest& request, Record& record) {
    return stub.GetError(&context, request, &record);
  }
  static grpc::Status List(Stub& stub, grpc::ClientContext& context, const ListRequest& request,
                           ListResponse& response) {
    return stub.ListErrors(&context, request, &response);
  }
  static grpc::Status Deliveries(Stub& stub, grpc::ClientContext& context, const std::string& id,
                                 DeliveriesResponse& response) {
    error::v1::ListErrorDeliveriesRequest request;
    request.set_error_id(id);
    return stub.ListErrorDeliveries(&context, request, &response);
  }
  static auto Export(Stub& stub, grpc::ClientContext& context, const ExportRequest& request) {
    return stub.ExportErrors(&context, request);
  }
  static auto Watch(Stub& stub, grpc::ClientContext& context, const WatchRequest& request) {
    return stub.WatchErrors(&context, request);
  }
  static const auto& Records(const ListResponse& response) { return response.errors(); }
  static const auto& Watched(const WatchResponse& response) { return response.errors(); }
  static const Record& RecordOf(const error::v1::WatchedError& watched) { return watched.error(); }
  static Table NewTable() { return ErrorTable(); }
  static void AddRow(const Record& record, Table& table) { AddError(record, table); }
  static std::string Line(const Record& record) { return ErrorLine(record); }
  static std::string Sheet(const Record& record) { return ErrorSheet(record); }
};

struct ErrorFlags {
  ListFlags list;
  std::string code;
  std::string status;
  error::v1::ListErrorsRequest filter;
  error::v1::ExportErrorsRequest exported;
  GetFlags get;
  error::v1::GetErrorStatsRequest stats;
  WatchFlags watch;
};

// The filter with what the parser could not set. It took only names of the enums.
template <typename Request>
Request Filled(const Request& filter, const ErrorFlags& flags) {
  Request filled = FilledFilter(filter, flags.code);
  OrderError::Status status = OrderError::STATUS_UNSPECIFIED;
  if (OrderError::Status_Parse(flags.status, &status)) filled.set_status(status);
  return filled;
}

absl::StatusOr<ExitCode> RunStats(const Environment& environment, const error::v1::GetErrorStatsRequest& request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<error::v1::ErrorService>());
  error::v1::ErrorStats stats;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetErrorStats(&context, request, &stats); }));
  // Statuses are not asked for here: what is empty for that is left out, as over REST.
  const std::string json = absl::StrReplaceAll(ToJson(stats), {{R"(,"statuses":[])", ""}});
  environment.out << (environment.json() ? json + "\n" : ErrorStatsText(stats));
  return kDone;
}

template <typename Request>
void AddFilter(CLI::App& command, ErrorFlags& flags, Request& filter) {
  AddErrorFilter(command, flags.code, filter);
  command.add_option("--status", flags.status, "Only errors that stand there")
      ->check(CLI::IsMember(NamesOf(*OrderError::Status_descriptor())));
  command.add_option("--order", *filter.mutable_order_id(), "Only errors that conflict with this order or became it");
}

void AddList(CLI::App& errors, Environment& environment, const std::shared_ptr<ErrorFlags>& flags) {
  CLI::App* list = errors.add_subcommand("list", "List errors, newest first");
  AddFilter(*list, *flags, flags->filter);
  AddListFlags(*list, flags->list);
  list->footer(
      "Examples:\n  ordermesh errors list --partner retail-uk --code REQUIRED\n"
      "  ordermesh errors list --all -o json | jq '.errors[].violations'\n");
  SetCommand(*list, environment, [&environment, flags] {
    return RunList<ErrorApi>(environment, flags->list, Filled(flags->filter, *flags));
  });
  CLI::App* exported =
      errors.add_subcommand("export", "Write errors out, newest first, for a spreadsheet or a program");
  AddFilter(*exported, *flags, flags->exported);
  AddFormat(*exported, flags->exported);
  exported->footer("Examples:\n  ordermesh errors export --partner retail-uk > errors.csv\n");
  SetCommand(*exported, environment,
             [&environment, flags] { return RunExport<ErrorApi>(environment, Filled(flags->exported, *flags)); });
}

}  // namespace

void AddErrors(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<ErrorFlags>();
  CLI::App* errors = app.add_subcommand("errors", "Look at the orders that were kept for review, and repair them");
  errors->require_subcommand(1);
  AddList(*errors, environment, flags);

  CLI::App* get = errors->add_subcommand("get", "Show one error with every violation");
  AddGetFlags(*get, flags->get);
  get->footer("Examples:\n  ordermesh errors get ID\n  ordermesh errors get ID --payload > payload.json\n");
  SetCommand(*get, environment, [&environment, flags] { return RunGet<ErrorApi>(environment, flags->get); });

  CLI::App* stats = errors->add_subcommand("stats", "Exact counts for each partner, code and field");
  stats->add_option("-p,--partner", *flags->stats.mutable_partner_id(), "Only this partner's");
  stats->footer("Examples:\n  ordermesh errors stats\n  ordermesh errors stats --partner retail-uk -o json\n");
  SetCommand(*stats, environment, [&environment, flags] { return RunStats(environment, flags->stats); });

  CLI::App* watch = errors->add_subcommand("watch", "Follow errors as they are kept, through restarts");
  AddWatchFlags(*watch, flags->watch);
  watch->footer(
      "With -o json each error is one line of JSON.\n\n"
      "Examples:\n  ordermesh errors watch\n  ordermesh errors watch --from-start -o json | jq .violations\n");
  SetCommand(*watch, environment, [&environment, flags] { return RunWatch<ErrorApi>(environment, flags->watch); });

  AddDeliveries<ErrorApi>(*errors, environment, "error", "ordermesh errors deliveries ID");
  AddErrorRecord(*errors, environment);

  AddErrorReview(*errors, environment);
  AddErrorRepair(*errors, environment);
}

}  // namespace ordermesh::cli
