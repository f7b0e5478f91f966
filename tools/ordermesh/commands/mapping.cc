#include <memory>
#include <string>

#include <fmt/format.h>

#include "ordermesh/validation/v1/validation_service.grpc.pb.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/input/config_folder.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/record_text.h"

namespace ordermesh::cli {
namespace {

using validation::v1::ValidationService;

struct MappingFlags {
  std::string partner;
  std::string folder;
  std::string file;
};

absl::StatusOr<ExitCode> RunCheck(const Environment& environment, const MappingFlags& flags) {
  validation::v1::CheckMappingRequest request;
  request.set_partner_id(flags.partner.empty() ? PartnerOfFolder(flags.folder) : flags.partner);
  OM_RETURN_IF_ERROR(ReadConfigFolder(flags.folder, *request.mutable_files()));
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<ValidationService>());
  validation::v1::CheckMappingResponse response;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->CheckMapping(&context, request, &response); }));
  if (environment.json()) {
    environment.out << ToJson(response) << "\n";
  } else {
    for (const auto& problem : response.problems()) {
      environment.out << fmt::format("{}:{}:{}: {}\n", problem.path(), problem.line(), problem.column(),
                                     problem.message());
    }
    environment.out << fmt::format("{}: {}, {} examples run\n", request.partner_id(), response.ok() ? "ok" : "NOT ok",
                                   response.examples_run());
  }
  return response.ok() ? kDone : kAnswerIsNo;
}

absl::StatusOr<ExitCode> RunValidate(const Environment& environment, const MappingFlags& flags) {
  validation::v1::DryRunRequest request;
  request.set_partner_id(flags.partner);
  OM_ASSIGN_OR_RETURN(*request.mutable_raw_payload(), ReadWhole(flags.file, kMaxOrderBytes));
  if (!flags.folder.empty()) OM_RETURN_IF_ERROR(ReadConfigFolder(flags.folder, *request.mutable_files()));
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<ValidationService>());
  validation::v1::DryRunResponse response;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->DryRun(&context, request, &response); }));
  const bool valid = response.violations().empty();
  if (environment.json()) {
    environment.out << ToJson(response) << "\n";
  } else {
    environment.out << (valid ? OrderSheet(response.order()) : ViolationTable(response.violations()));
  }
  return valid ? kDone : kAnswerIsNo;
}

}  // namespace

void AddMapping(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<MappingFlags>();
  CLI::App* mapping = app.add_subcommand("mapping", "Work on a partner's mapping and rules");
  mapping->require_subcommand(1);
  CLI::App* check =
      mapping->add_subcommand("check", "Compile a mapping and run its examples, without keeping anything");
  check->add_option("folder", flags->folder, "The partner's folder with mapping.yaml")->required();
  check->add_option("-p,--partner", flags->partner, "The partner (default: the folder's name)");
  check->footer(
      "Faults are printed as FILE:LINE:COLUMN: MESSAGE; the exit code is 1 where there is any.\n\n"
      "Examples:\n  ordermesh mapping check config/partners/olist\n");
  check->callback(
      [&environment, flags] { environment.command = [&environment, flags] { return RunCheck(environment, *flags); }; });
}

void AddValidate(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<MappingFlags>();
  CLI::App* validate = app.add_subcommand("validate", "Show what a payload would become, without keeping anything");
  validate->add_option("-p,--partner", flags->partner, "The partner whose payload it is")->required();
  validate->add_option("file", flags->file, "A file with the partner's own JSON, or - for standard input")->required();
  validate->add_option("--mapping", flags->folder, "A folder with a mapping to try in place of the live one");
  validate->footer(
      "Shows the order, or every violation with exit code 1. Identities are not checked.\n\n"
      "Examples:\n  ordermesh validate --partner partner-a order.json\n"
      "  ordermesh validate --partner olist order.json --mapping config/partners/olist\n");
  validate->callback([&environment, flags] {
    environment.command = [&environment, flags] { return RunValidate(environment, *flags); };
  });
}

}  // namespace ordermesh::cli
