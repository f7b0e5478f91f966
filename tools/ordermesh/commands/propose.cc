// `ordermesh errors propose`: a patch as a new version of the partner's mapping.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "ordermesh/error/v1/repair_service.grpc.pb.h"
#include "ordermesh/partners/v1/partners_service.grpc.pb.h"
#include "tools/ordermesh/commands/config_push.h"
#include "tools/ordermesh/commands/error_filter.h"
#include "tools/ordermesh/commands/outcome_table.h"
#include "tools/ordermesh/commands/patch_flags.h"
#include "tools/ordermesh/input/config_folder.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using common::v1::Violation;
using error::v1::ErrorFilter;
using error::v1::ProposeMappingRequest;
using error::v1::ProposeMappingResponse;

struct ProposalFlags {
  ErrorFilter filter;
  std::string code;
  PatchFlags patch;
  std::string error;
  std::string folder;
  bool publish = false;
  std::string message;
  int32_t base_version = 0;
};

// Errors like this one: of its partner, with its first violation. What the command line says counts more.
absl::Status FilterLike(const Environment& environment, const std::string& id, ErrorFilter& filter) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<error::v1::ErrorService>());
  error::v1::GetErrorRequest request;
  request.set_id(id);
  error::v1::OrderError error;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetError(&context, request, &error); }));
  if (filter.partner_id().empty()) filter.set_partner_id(error.partner_id());
  if (filter.code() != Violation::CODE_UNSPECIFIED || error.violations().empty()) return absl::OkStatus();
  filter.set_code(error.violations(0).code());
  filter.set_field(error.violations(0).field());
  return absl::OkStatus();
}

absl::StatusOr<ProposeMappingResponse> Propose(const Environment& environment, const ProposalFlags& flags) {
  ProposeMappingRequest request;
  *request.mutable_filter() = FilledFilter(flags.filter, flags.code);
  request.set_error_id(flags.error);
  OM_ASSIGN_OR_RETURN(error::v1::Patch patch, PatchOf(flags.patch));
  if (!patch.operations().empty()) request.mutable_patch()->Swap(&patch);
  if (!request.has_patch() && flags.error.empty()) {
    return InvalidField("--patch", "is required: --patch, --set, --remove, or --error with an edit");
  }
  if (!flags.error.empty()) OM_RETURN_IF_ERROR(FilterLike(environment, flags.error, *request.mutable_filter()));
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<error::v1::RepairService>());
  ProposeMappingResponse proposal;
  OM_RETURN_IF_ERROR(
      environment.Call([&](auto& context) { return stub->ProposeMapping(&context, request, &proposal); }));
  if (flags.base_version != 0 && flags.base_version != proposal.base_version()) {
    return Refusal(absl::StatusCode::kAborted, "CONFIG_MOVED",
                   absl::StrCat("the live version is ", proposal.base_version(), " by now, not ", flags.base_version));
  }
  return proposal;
}

std::string ProposalText(const ProposeMappingResponse& proposal) {
  std::string text;
  for (const auto& file : proposal.files()) absl::StrAppend(&text, file.unified_diff());
  absl::StrAppend(&text, "\n");
  for (const std::string& effect : proposal.effects()) absl::StrAppend(&text, effect, "\n");
  const auto& trials = proposal.trials();
  absl::StrAppend(&text, "\nOf ", FormatCount(trials.matched()), " errors ", FormatCount(trials.tried()),
                  " were tried as they came: ", FormatCount(trials.passes()),
                  " would be orders with this mapping and no patch.\n");
  if (trials.differs() > 0) {
    absl::StrAppend(&text, "Of ", FormatCount(trials.differs()), " of these the patch would make another order.\n");
  }
  if (!trials.outcomes().empty()) absl::StrAppend(&text, OutcomeTable(trials.outcomes()));
  for (const auto& problem : proposal.problems()) {
    absl::StrAppend(&text, problem.path(), ":", problem.line(), ":", problem.column(), ": ", problem.message(), "\n");
  }
  return text;
}

// The whole folder of the draft: the version that it was made from, with what it changes.
absl::StatusOr<ConfigFiles> DraftedFolder(const Environment& environment, const ProposeMappingResponse& proposal) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<partners::v1::PartnersService>());
  partners::v1::GetConfigVersionRequest request;
  request.set_partner_id(proposal.partner_id());
  request.set_version(proposal.base_version());
  partners::v1::ConfigVersion base;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetConfigVersion(&context, request, &base); }));
  ConfigFiles files = base.files();
  for (const auto& drafted : proposal.files()) {
    validation::v1::ConfigFile* file = nullptr;
    for (auto& known : files) {
      if (known.path() == drafted.path()) file = &known;
    }
    if (file == nullptr) file = files.Add();
    file->set_path(drafted.path());
    file->set_content(drafted.content());
  }
  return files;
}

absl::StatusOr<ExitCode> RunPropose(const Environment& environment, const ProposalFlags& flags) {
  OM_ASSIGN_OR_RETURN(const ProposeMappingResponse proposal, Propose(environment, flags));
  if (!environment.json()) environment.out << ProposalText(proposal);
  // One JSON document: that of what was made.
  if (environment.json() && !flags.publish) environment.out << ToJson(proposal) << "\n";
  const bool has_problems = !proposal.problems().empty();
  if (flags.folder.empty() && !flags.publish) {
    environment.err << "nothing was changed: --publish makes this the version after " << proposal.base_version()
                    << "\n";
    return has_problems ? kAnswerIsNo : kDone;
  }
  OM_ASSIGN_OR_RETURN(ConfigFiles files, DraftedFolder(environment, proposal));
  if (!flags.folder.empty()) OM_RETURN_IF_ERROR(WriteConfigFolder(flags.folder, files));
  if (has_problems) {
    environment.err << "ordermesh: the draft has problems that a person must solve: write it with --out, change it, "
                       "then `partners config push`\n";
    return kAnswerIsNo;
  }
  if (!flags.publish) return kDone;
  partners::v1::CreateConfigVersionRequest request;
  request.set_partner_id(proposal.partner_id());
  request.mutable_files()->Swap(&files);
  request.set_message(flags.message);
  request.set_base_version(proposal.base_version());
  return PushConfig(environment, request);
}

}  // namespace

void AddErrorProposal(CLI::App& errors, Environment& environment) {
  auto flags = std::make_shared<ProposalFlags>();
  CLI::App* propose = errors.add_subcommand("propose", "Say a patch in the partner's mapping, for all future orders");
  AddErrorFilter(*propose, flags->code, flags->filter);
  propose->add_option("--error", flags->error,
                      "An error that becomes an example; without a patch its edits are the patch");
  CLI::Option_group* patch = propose->add_option_group("patch", "What the mapping is to say");
  AddPatchOptions(*patch, flags->patch);
  propose->add_option("--out", flags->folder, "Write the whole new config into this folder");
  CLI::Option* publish = propose->add_flag("--publish", flags->publish, "Make it the live version");
  CLI::Option* message = propose->add_option("-m,--message", flags->message, "Why, for the config's history");
  publish->needs(message);
  propose->add_option("--base_version,--base-version", flags->base_version, "Only where this version is still live")
      ->check(CLI::PositiveNumber);
  propose->footer(
      "Shows the change as a diff, what it means, and what it would have made of the newest 1,000 errors that match,\n"
      "as they came. It is published only while the version that it was made from is live. What no mapping says is\n"
      "refused, with why.\n\n"
      "Examples:\n  ordermesh errors propose --error ID\n"
      "  ordermesh errors propose -p retail-uk --code REQUIRED --field customerId --set "
      "'lines[].CustomerID=\"99999\"'\n"
      "  ordermesh errors propose -p partner-b --patch fix.json --publish -m 'they send no currency'\n");
  SetCommand(*propose, environment, [&environment, flags] { return RunPropose(environment, *flags); });
}

}  // namespace ordermesh::cli
