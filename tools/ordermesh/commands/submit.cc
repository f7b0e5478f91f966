#include <memory>
#include <string>

#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/record_text.h"

namespace ordermesh::cli {
namespace {

struct SubmitFlags {
  std::string partner;
  std::string file;
};

absl::StatusOr<ExitCode> RunSubmit(const Environment& environment, const SubmitFlags& flags) {
  feed::v1::SubmitOrderRequest request;
  request.set_partner_id(flags.partner);
  OM_ASSIGN_OR_RETURN(*request.mutable_raw_payload(), ReadWhole(flags.file, kMaxOrderBytes));
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<feed::v1::FeedService>());
  common::v1::OrderVerdict verdict;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->SubmitOrder(&context, request, &verdict); }));
  environment.out << (environment.json() ? ToJson(verdict) + "\n" : VerdictSheet(verdict));
  return kDone;
}

}  // namespace

void AddSubmit(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<SubmitFlags>();
  CLI::App* submit = app.add_subcommand("submit", "Send one order and show its verdict");
  submit->add_option("-p,--partner", flags->partner, "The partner whose order it is")->required();
  submit->add_option("file", flags->file, "A file with the partner's own JSON, or - for standard input")->required();
  submit->footer(
      "The exit code is 0 for every verdict. Sending the same order again is safe.\n\n"
      "Examples:\n  ordermesh submit --partner partner-a order.json\n"
      "  echo '{...}' | ordermesh submit --partner partner-b - -o json\n");
  submit->callback([&environment, flags] {
    environment.command = [&environment, flags] { return RunSubmit(environment, *flags); };
  });
}

}  // namespace ordermesh::cli
