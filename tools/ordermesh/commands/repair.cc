// `ordermesh errors repair|patch|jobs`: many errors at once.
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "ordermesh/error/v1/repair_service.grpc.pb.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/error_filter.h"
#include "tools/ordermesh/commands/outcome_table.h"
#include "tools/ordermesh/commands/patch_flags.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/progress.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

using error::v1::PreviewJobRequest;
using error::v1::PreviewJobResponse;
using error::v1::RepairJob;
using error::v1::RepairService;

// While a job is looked at until it has ended.
constexpr absl::Duration kLook = absl::Milliseconds(250);

struct RepairFlags {
  error::v1::ErrorFilter filter;
  std::string code;
  // What is done: one of them.
  std::string assign;
  std::string discard;
  bool retry = false;
  PatchFlags patch;
  bool also_failing = false;
  bool yes = false;
  bool no_wait = false;
  int rate = 0;
  std::string request_id;
  std::string id;
};

bool HasEnded(const RepairJob& job) { return job.state() == RepairJob::DONE || job.state() == RepairJob::CANCELLED; }

absl::StatusOr<error::v1::RepairAction> ActionOf(const RepairFlags& flags) {
  error::v1::RepairAction action;
  if (!flags.assign.empty()) {
    action.mutable_assign()->set_assignee(flags.assign);
  } else if (!flags.discard.empty()) {
    action.mutable_discard()->set_reason(flags.discard);
  } else if (flags.retry) {
    action.mutable_retry();
  } else {
    OM_ASSIGN_OR_RETURN(*action.mutable_fix()->mutable_patch(), PatchOf(flags.patch));
    action.mutable_fix()->set_also_failing(flags.also_failing);
  }
  return action;
}

void ShowProgress(ProgressDisplay& display, absl::Time start, int64_t done, int64_t all, std::string note) {
  ProgressState state;
  state.done = done;
  state.elapsed = absl::Now() - start;
  if (all > 0) state.fraction = static_cast<double>(done) / static_cast<double>(all);
  state.note = std::move(note);
  display.Show(state);
}

absl::StatusOr<PreviewJobResponse> RunPreview(const Environment& environment, const PreviewJobRequest& request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
  PreviewJobResponse found;
  ProgressDisplay display(environment.err, environment.terminal, "errors tried");
  const absl::Time start = absl::Now();
  const absl::Status status = client::RetryWhileAway(environment.Patience(), [&](absl::Duration) {
    // Without a deadline: how long it takes depends on how many match, and progress is shown.
    grpc::ClientContext context;
    const auto stream = stub->PreviewJob(&context, request);
    while (stream->Read(&found)) ShowProgress(display, start, found.tried(), found.matched(), "");
    return rpc::FromGrpc(stream->Finish());
  });
  display.Clear();
  if (!status.ok()) return status;
  return found;
}

Table JobTable() {
  constexpr auto kRight = Table::Align::kRight;
  return Table({{"JOB"},
                {"STATE"},
                {"BY"},
                {"BEGAN"},
                {"ERRORS", kRight},
                {"CHANGED", kRight},
                {"LEFT", kRight},
                {"RESOLVED", kRight},
                {"REFUSED", kRight},
                {"RETRYING", kRight}});
}

void AddJob(const RepairJob& job, Table& table) {
  table.AddRow({job.id(), RepairJob::State_Name(job.state()), job.actor(), FormatTime(job.create_time()),
                FormatCount(job.matched()), FormatCount(job.changed()), FormatCount(job.skipped()),
                FormatCount(job.resolved()), FormatCount(job.refused()), FormatCount(job.retrying())});
}

ExitCode ShowJob(const Environment& environment, const RepairJob& job) {
  Table table = JobTable();
  AddJob(job, table);
  environment.out << (environment.json() ? ToJson(job) + "\n" : table.ToString());
  return kDone;
}

// Shows how far the job is until it has ended. The answer is no where something was left or refused.
absl::StatusOr<ExitCode> AwaitJob(const Environment& environment, RepairJob job) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
  error::v1::GetJobRequest request;
  request.set_id(job.id());
  ProgressDisplay display(environment.err, environment.terminal, "errors");
  const absl::Time start = absl::Now();
  while (!HasEnded(job)) {
    ShowProgress(display, start, job.changed() + job.skipped() - job.retrying(), job.matched(),
                 absl::StrCat(job.resolved(), " orders, ", job.refused(), " refused"));
    absl::SleepFor(kLook);
    OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetJob(&context, request, &job); }));
  }
  display.Clear();
  ShowJob(environment, job);
  return job.state() == RepairJob::DONE && job.skipped() == 0 && job.refused() == 0 ? kDone : kAnswerIsNo;
}

absl::StatusOr<ExitCode> RunRepair(const Environment& environment, const RepairFlags& flags) {
  PreviewJobRequest preview;
  *preview.mutable_filter() = FilledFilter(flags.filter, flags.code);
  OM_ASSIGN_OR_RETURN(*preview.mutable_action(), ActionOf(flags));
  error::v1::StartJobRequest request;
  if (!flags.yes) {
    OM_ASSIGN_OR_RETURN(const PreviewJobResponse found, RunPreview(environment, preview));
    environment.out << (environment.json() ? ToJson(found) + "\n" : OutcomeTable(found.outcomes()));
    environment.err << "nothing was changed: add --yes to do it to " << found.matched() << " errors\n";
    return kDone;
  }
  request.set_request_id(flags.request_id.empty()
                             ? absl::StrFormat("cli-%d-%d", absl::ToUnixNanos(absl::Now()), getpid())
                             : flags.request_id);
  request.mutable_filter()->Swap(preview.mutable_filter());
  request.mutable_action()->Swap(preview.mutable_action());
  request.set_rate(flags.rate);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
  RepairJob job;
  // As often as it takes: the request id starts it once.
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->StartJob(&context, request, &job); }));
  if (flags.no_wait) return ShowJob(environment, job);
  return AwaitJob(environment, std::move(job));
}

void AddActions(CLI::App& repair, RepairFlags& flags) {
  CLI::Option_group* action = repair.add_option_group("action", "What is done: exactly one kind");
  AddPatchOptions(*action, flags.patch);
  const std::vector<CLI::Option*> alone = {
      action->add_flag("--retry", flags.retry, "Send it again as it is"),
      action->add_option("--assign", flags.assign, "Give it to this one"),
      action->add_option("--discard", flags.discard, "Give it up, for this reason"),
  };
  // The three that make a patch go together; the others go with nothing.
  action->require_option(1, 3);
  for (CLI::Option* const one : alone) {
    for (CLI::Option* const other : action->get_options()) {
      if (other != one) one->excludes(other);
    }
  }
}

void AddRepairCommand(CLI::App& errors, Environment& environment, const std::shared_ptr<RepairFlags>& flags) {
  CLI::App* repair =
      errors.add_subcommand("repair", "Do the same to many errors; without --yes only says what would be");
  AddErrorFilter(*repair, flags->code, flags->filter);
  AddActions(*repair, *flags);
  repair->add_flag("--also-failing", flags->also_failing, "With a patch: also send what the rules would refuse");
  repair->add_flag("-y,--yes", flags->yes, "Do it");
  repair->add_flag("--no-wait", flags->no_wait, "Do not wait for the end");
  repair->add_option("--rate", flags->rate, "Errors a second at most (default 250)")->check(CLI::Range(1, 5'000));
  repair->add_option("--request-id", flags->request_id, "The same id starts one job, however often it is sent");
  repair->footer(
      "What changes an error after the job began is left as it is. The exit code is 0 when all are done, 1 when some "
      "were\n"
      "left or refused.\n\n"
      "Examples:\n  ordermesh errors repair -p retail-uk --code REQUIRED --field customerId "
      "--set 'lines[].CustomerID=\"99999\"'\n"
      "  ordermesh errors patch ID > fix.json && ordermesh errors repair -p partner-b --code REQUIRED --patch fix.json "
      "--yes\n");
  SetCommand(*repair, environment, [&environment, flags] { return RunRepair(environment, *flags); });

  CLI::App* patch = errors.add_subcommand("patch", "What an error's edits changed, as a patch for errors repair");
  patch->add_option("id", flags->id, "The error's id")->required();
  SetCommand(*patch, environment, [&environment, flags]() -> absl::StatusOr<ExitCode> {
    OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
    error::v1::DerivePatchRequest request;
    request.set_id(flags->id);
    error::v1::Patch derived;
    OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->DerivePatch(&context, request, &derived); }));
    environment.out << ToJson(derived) << "\n";
    return kDone;
  });
}

absl::StatusOr<ExitCode> RunJobList(const Environment& environment) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
  error::v1::ListJobsRequest request;
  error::v1::ListJobsResponse all;
  do {
    error::v1::ListJobsResponse page;
    OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->ListJobs(&context, request, &page); }));
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  Table table = JobTable();
  for (const RepairJob& job : all.jobs()) AddJob(job, table);
  environment.out << (environment.json() ? ToJson(all) + "\n" : table.ToString());
  return kDone;
}

absl::StatusOr<RepairJob> GetJob(const Environment& environment, const std::string& id) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
  error::v1::GetJobRequest request;
  request.set_id(id);
  RepairJob job;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetJob(&context, request, &job); }));
  return job;
}

absl::StatusOr<RepairJob> CancelJob(const Environment& environment, const std::string& id) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<RepairService>());
  error::v1::CancelJobRequest request;
  request.set_id(id);
  RepairJob job;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->CancelJob(&context, request, &job); }));
  return job;
}

void AddJobs(CLI::App& errors, Environment& environment, const std::shared_ptr<RepairFlags>& flags) {
  CLI::App* jobs = errors.add_subcommand("jobs", "Repairs that are running or have ended");
  jobs->require_subcommand(1);
  CLI::App* list = jobs->add_subcommand("list", "All of them, newest first");
  SetCommand(*list, environment, [&environment] { return RunJobList(environment); });
  const auto add = [&](const std::string& name, const std::string& help, auto run) {
    CLI::App* command = jobs->add_subcommand(name, help);
    command->add_option("id", flags->id, "The job's id")->required();
    SetCommand(*command, environment, [&environment, flags, run] { return run(environment, flags->id); });
  };
  add("get", "How far one is", [](const Environment& environment, const std::string& id) -> absl::StatusOr<ExitCode> {
    OM_ASSIGN_OR_RETURN(const RepairJob job, GetJob(environment, id));
    return ShowJob(environment, job);
  });
  add("wait", "Wait for its end",
      [](const Environment& environment, const std::string& id) -> absl::StatusOr<ExitCode> {
        OM_ASSIGN_OR_RETURN(RepairJob job, GetJob(environment, id));
        return AwaitJob(environment, std::move(job));
      });
  add("cancel", "Take no more errors",
      [](const Environment& environment, const std::string& id) -> absl::StatusOr<ExitCode> {
        OM_ASSIGN_OR_RETURN(const RepairJob job, CancelJob(environment, id));
        return ShowJob(environment, job);
      });
}

}  // namespace

void AddErrorRepair(CLI::App& errors, Environment& environment) {
  auto flags = std::make_shared<RepairFlags>();
  AddRepairCommand(errors, environment, flags);
  AddJobs(errors, environment, flags);
  AddErrorProposal(errors, environment);
}

}  // namespace ordermesh::cli
