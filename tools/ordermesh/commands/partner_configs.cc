#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "absl/strings/str_cat.h"
#include "ordermesh/partners/v1/partners_service.grpc.pb.h"
#include "tools/ordermesh/commands/config_push.h"
#include "tools/ordermesh/commands/record_commands.h"
#include "tools/ordermesh/input/config_folder.h"
#include "tools/ordermesh/output/partner_text.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using partners::v1::ConfigVersion;
using partners::v1::PartnersService;

struct ConfigFlags {
  ListFlags list;
  std::string partner;
  std::string folder;
  std::string message;
  int32_t version = 0;
  int32_t other = 0;
  int32_t base_version = 0;
  bool dry_run = false;
};

struct ConfigApi {
  using Service = PartnersService;
  using ListRequest = partners::v1::ListConfigVersionsRequest;
  using ListResponse = partners::v1::ListConfigVersionsResponse;
  static constexpr char kListMember[] = "versions";

  static grpc::Status List(Service::StubInterface& stub, grpc::ClientContext& context, const ListRequest& request,
                           ListResponse& response) {
    return stub.ListConfigVersions(&context, request, &response);
  }
  static const auto& Records(const ListResponse& response) { return response.versions(); }
  static Table NewTable() { return ConfigTable(); }
  static void AddRow(const ConfigVersion& version, Table& table) { AddConfig(version, table); }
};

// The files were sent by who asks: they are not shown again.
ExitCode ShowMade(const Environment& environment, ConfigVersion version) {
  environment.out << (environment.json() ? ToJson(version) + "\n" : ConfigSheet(version));
  return kDone;
}

// Faults of the config are the answer: one a line, as `mapping check` prints them.
absl::StatusOr<ExitCode> ShowFaults(const Environment& environment, const absl::Status& status) {
  const auto faults = FaultsIn(status);
  if (!absl::IsInvalidArgument(status) || faults.empty()) return status;
  for (const std::string& fault : faults) environment.err << fault << "\n";
  environment.err << "ordermesh: " << status.message() << "\n";
  return kAnswerIsNo;
}

}  // namespace

absl::StatusOr<ExitCode> PushConfig(const Environment& environment,
                                    const partners::v1::CreateConfigVersionRequest& request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  ConfigVersion version;
  const absl::Status status =
      environment.Call([&](auto& context) { return stub->CreateConfigVersion(&context, request, &version); });
  if (!status.ok()) return ShowFaults(environment, status);
  return ShowMade(environment, std::move(version));
}

namespace {

absl::StatusOr<ExitCode> RunPush(const Environment& environment, const ConfigFlags& flags) {
  partners::v1::CreateConfigVersionRequest request;
  request.set_partner_id(flags.partner);
  request.set_message(flags.message);
  request.set_base_version(flags.base_version);
  request.set_validate_only(flags.dry_run);
  OM_RETURN_IF_ERROR(ReadConfigFolder(flags.folder, *request.mutable_files()));
  return PushConfig(environment, request);
}

absl::StatusOr<ExitCode> RunShow(const Environment& environment, const ConfigFlags& flags) {
  partners::v1::GetConfigVersionRequest request;
  request.set_partner_id(flags.partner);
  request.set_version(flags.version);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  ConfigVersion version;
  OM_RETURN_IF_ERROR(
      environment.Call([&](auto& context) { return stub->GetConfigVersion(&context, request, &version); }));
  if (!flags.folder.empty()) OM_RETURN_IF_ERROR(WriteConfigFolder(flags.folder, version.files()));
  if (environment.json()) {
    environment.out << ToJson(version) << "\n";
    return kDone;
  }
  environment.out << ConfigSheet(version);
  if (!flags.folder.empty()) return kDone;
  for (const auto& file : version.files()) {
    const bool ended = !file.content().empty() && file.content().back() == '\n';
    environment.out << "\n--- " << file.path() << "\n" << file.content() << (ended ? "" : "\n");
  }
  return kDone;
}

absl::StatusOr<ExitCode> RunDiff(const Environment& environment, const ConfigFlags& flags) {
  partners::v1::DiffConfigVersionsRequest request;
  request.set_partner_id(flags.partner);
  // With one version: what it changed.
  request.set_version(flags.other != 0 ? flags.other : flags.version);
  request.set_base_version(flags.other != 0 ? flags.version : 0);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  partners::v1::DiffConfigVersionsResponse response;
  OM_RETURN_IF_ERROR(
      environment.Call([&](auto& context) { return stub->DiffConfigVersions(&context, request, &response); }));
  if (environment.json()) {
    environment.out << ToJson(response) << "\n";
    return kDone;
  }
  for (const auto& file : response.files()) environment.out << file.unified_diff();
  return kDone;
}

absl::StatusOr<ExitCode> RunRollBack(const Environment& environment, const ConfigFlags& flags) {
  partners::v1::RollBackConfigRequest request;
  request.set_partner_id(flags.partner);
  request.set_version(flags.version);
  request.set_message(flags.message);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  ConfigVersion version;
  const absl::Status status =
      environment.Call([&](auto& context) { return stub->RollBackConfig(&context, request, &version); });
  if (!status.ok()) return ShowFaults(environment, status);
  return ShowMade(environment, std::move(version));
}

void AddPush(CLI::App& config, Environment& environment, const std::shared_ptr<ConfigFlags>& flags) {
  CLI::App* push = config.add_subcommand("push", "Make a new version of a partner's config, live at once");
  push->add_option("partner", flags->partner, "The partner's id")->required();
  push->add_option("folder", flags->folder, "The folder with mapping.yaml and examples")->required();
  push->add_option("-m,--message", flags->message, "Why")->required();
  push->add_option("--base_version,--base-version", flags->base_version, "Only where this version is still live")
      ->check(CLI::PositiveNumber);
  push->add_flag("--dry_run,--dry-run", flags->dry_run, "Check everything and keep nothing");
  push->footer(
      "A config that does not compile or whose examples fail never becomes live: its faults are printed and the exit\n"
      "code is 1. Files that are those of the live version make no new one.\n\n"
      "Examples:\n  ordermesh partners config push shop config/partners/shop -m 'prices are net'\n"
      "  ordermesh partners config push shop config/partners/shop -m 'try' --dry_run\n");
  SetCommand(*push, environment, [&environment, flags] { return RunPush(environment, *flags); });
}

void AddReads(CLI::App& config, Environment& environment, const std::shared_ptr<ConfigFlags>& flags) {
  CLI::App* list = config.add_subcommand("list", "List the versions of a partner's config, newest first");
  list->add_option("partner", flags->partner, "The partner's id")->required();
  AddListFlags(*list, flags->list);
  list->footer("Examples:\n  ordermesh partners config list shop\n");
  SetCommand(*list, environment, [&environment, flags] {
    partners::v1::ListConfigVersionsRequest request;
    request.set_partner_id(flags->partner);
    return RunList<ConfigApi>(environment, flags->list, std::move(request));
  });

  CLI::App* show = config.add_subcommand("show", "Show one version with its files");
  show->add_option("partner", flags->partner, "The partner's id")->required();
  show->add_option("version", flags->version, "The version (default: the live one)")->check(CLI::PositiveNumber);
  show->add_option("--out", flags->folder, "Write the files into this folder instead");
  show->footer(
      "Examples:\n  ordermesh partners config show shop\n  ordermesh partners config show shop 3 --out shop-3\n");
  SetCommand(*show, environment, [&environment, flags] { return RunShow(environment, *flags); });

  CLI::App* diff = config.add_subcommand("diff", "Show what changed from version A to version B");
  diff->add_option("partner", flags->partner, "The partner's id")->required();
  diff->add_option("a", flags->version, "The version to start from; alone: the one whose change is shown")
      ->required()
      ->check(CLI::PositiveNumber);
  diff->add_option("b", flags->other, "The version to compare it with")->check(CLI::PositiveNumber);
  diff->footer("Examples:\n  ordermesh partners config diff shop 2 5\n  ordermesh partners config diff shop 5\n");
  SetCommand(*diff, environment, [&environment, flags] { return RunDiff(environment, *flags); });
}

}  // namespace

void AddPartnerConfigs(CLI::App& partners, Environment& environment) {
  auto flags = std::make_shared<ConfigFlags>();
  CLI::App* config = partners.add_subcommand("config", "The versions of a partner's mapping and rules");
  config->require_subcommand(1);
  AddPush(*config, environment, flags);
  AddReads(*config, environment, flags);
  CLI::App* rollback = config->add_subcommand("rollback", "Make the files of an older version live again");
  rollback->add_option("partner", flags->partner, "The partner's id")->required();
  rollback->add_option("version", flags->version, "The version to go back to")->required()->check(CLI::PositiveNumber);
  rollback->add_option("-m,--message", flags->message, "Why")->required();
  rollback->footer(
      "It makes a new version.\n\nExamples:\n  ordermesh partners config rollback shop 2 -m 'wrong tax'\n");
  SetCommand(*rollback, environment, [&environment, flags] { return RunRollBack(environment, *flags); });
}

}  // namespace ordermesh::cli
