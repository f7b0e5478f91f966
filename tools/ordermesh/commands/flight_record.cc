#include <memory>
#include <string>

#include "ordermesh/gateway/v1/gateway_service.grpc.pb.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/record_commands.h"
#include "tools/ordermesh/output/flight_text.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using gateway::v1::FlightRecord;
using gateway::v1::GatewayService;

template <typename Request>
using Method = grpc::Status (GatewayService::StubInterface::*)(grpc::ClientContext*, const Request&, FlightRecord*);

template <typename Request>
absl::StatusOr<ExitCode> RunRecord(const Environment& environment, const Request& request, Method<Request> method) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<GatewayService>());
  FlightRecord record;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return ((*stub).*method)(&context, request, &record); }));
  environment.out << (environment.json() ? ToJson(record) + "\n" : FlightText(record));
  return kDone;
}

template <typename Request>
void AddRecord(CLI::App& records, Environment& environment, Method<Request> method, const std::string& example) {
  auto request = std::make_shared<Request>();
  CLI::App* record = records.add_subcommand("record", "Everything that is known of one, from its first delivery on");
  record->add_option("id", *request->mutable_id(), "The id, a UUID in lower case")->required();
  record->footer(
      "Deliveries with their verdicts and traces, edits, what was done and by whom. -o json also has the\n"
      "payloads, the violations and the jobs.\n\nExamples:\n  " +
      example + "\n");
  SetCommand(*record, environment,
             [&environment, request, method] { return RunRecord(environment, *request, method); });
}

}  // namespace

void AddOrderRecord(CLI::App& orders, Environment& environment) {
  AddRecord<gateway::v1::GetOrderRecordRequest>(orders, environment, &GatewayService::StubInterface::GetOrderRecord,
                                                "ordermesh orders record ID");
}

void AddErrorRecord(CLI::App& errors, Environment& environment) {
  AddRecord<gateway::v1::GetErrorRecordRequest>(errors, environment, &GatewayService::StubInterface::GetErrorRecord,
                                                "ordermesh errors record ID");
}

}  // namespace ordermesh::cli
