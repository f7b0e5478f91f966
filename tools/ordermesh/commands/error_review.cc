// `ordermesh errors`: what changes an error, and what was done to it.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ordermesh/error/v1/error_review_service.grpc.pb.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/record_text.h"

namespace ordermesh::cli {
namespace {

using error::v1::ErrorReviewService;
using error::v1::OrderError;
using Stub = ErrorReviewService::StubInterface;

// While an error is looked at until it has its verdict.
constexpr absl::Duration kLook = absl::Milliseconds(100);

struct ReviewFlags {
  error::v1::AssignErrorRequest assign;
  error::v1::AddErrorNoteRequest note;
  error::v1::TagErrorRequest tag;
  error::v1::EditErrorRequest edit;
  error::v1::RetryErrorRequest retry;
  error::v1::DiscardErrorRequest discard;
  error::v1::ReopenErrorRequest reopen;
  error::v1::TryEditRequest attempt;
  error::v1::ListErrorEditsRequest edits;
  error::v1::ListErrorEventsRequest events;
  error::v1::ListErrorGroupsRequest groups;
  std::string file;
  bool no_wait = false;
};

// Shows an error after an action. An action is sent once: done twice it would be refused as stale, or noted twice.
template <typename Request>
absl::StatusOr<OrderError> Act(const Environment& environment,
                               grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, OrderError*),
                               const Request& request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<ErrorReviewService>());
  OrderError error;
  OM_RETURN_IF_ERROR(environment.CallOnce([&](auto& context) { return ((*stub).*method)(&context, request, &error); }));
  return error;
}

ExitCode Show(const Environment& environment, const OrderError& error) {
  environment.out << (environment.json() ? ToJson(error) + "\n" : ErrorSheet(error));
  return kDone;
}

// Looks at the error until its retry has ended, then shows it. The answer is no where it has become no order.
absl::StatusOr<ExitCode> AwaitVerdict(const Environment& environment, OrderError error) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<error::v1::ErrorService>());
  error::v1::GetErrorRequest request;
  request.set_id(error.id());
  const absl::Time until = absl::Now() + absl::Seconds(environment.wait_seconds);
  while (error.status() == OrderError::RETRYING && absl::Now() < until) {
    absl::SleepFor(kLook);
    OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetError(&context, request, &error); }));
  }
  Show(environment, error);
  return error.status() == OrderError::RESOLVED ? kDone : kAnswerIsNo;
}

template <typename Request>
void AddAction(CLI::App& command, Environment& environment, std::shared_ptr<ReviewFlags> flags,
               Request ReviewFlags::*request,
               grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, OrderError*)) {
  SetCommand(command, environment, [&environment, flags, request, method]() -> absl::StatusOr<ExitCode> {
    OM_ASSIGN_OR_RETURN(const OrderError error, Act(environment, method, (*flags).*request));
    return Show(environment, error);
  });
}

void AddId(CLI::App& command, std::string* id) { command.add_option("id", *id, "The error's id")->required(); }

template <typename Request>
void AddRevision(CLI::App& command, Request& request) {
  command.add_option_function<int64_t>(
      "--revision", [&request](int64_t revision) { request.set_revision(revision); },
      "Only if the error still has this revision");
}

void AddAssign(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* assign = errors.add_subcommand("assign", "Give an error to somebody, or with --to '' to nobody");
  AddId(*assign, flags->assign.mutable_id());
  assign->add_option("--to", *flags->assign.mutable_assignee(), "Who works on it")->required();
  AddRevision(*assign, flags->assign);
  AddAction(*assign, environment, flags, &ReviewFlags::assign, &Stub::AssignError);
}

void AddNote(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* note = errors.add_subcommand("note", "Write a note into an error's history");
  AddId(*note, flags->note.mutable_id());
  note->add_option("note", *flags->note.mutable_note(), "The note")->required();
  AddAction(*note, environment, flags, &ReviewFlags::note, &Stub::AddErrorNote);
}

void AddTag(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* tag = errors.add_subcommand("tag", "Give an error tags, or take them away");
  AddId(*tag, flags->tag.mutable_id());
  tag->add_option_function<std::vector<std::string>>(
      "--add", [flags](const auto& tags) { flags->tag.mutable_add()->Assign(tags.begin(), tags.end()); }, "Tags");
  tag->add_option_function<std::vector<std::string>>(
      "--remove", [flags](const auto& tags) { flags->tag.mutable_remove()->Assign(tags.begin(), tags.end()); }, "Tags");
  AddAction(*tag, environment, flags, &ReviewFlags::tag, &Stub::TagError);
}

absl::StatusOr<ExitCode> RunEdit(const Environment& environment, ReviewFlags& flags) {
  OM_ASSIGN_OR_RETURN(*flags.edit.mutable_raw_payload(), ReadWhole(flags.file, kMaxOrderBytes));
  OM_ASSIGN_OR_RETURN(OrderError error, Act(environment, &Stub::EditError, flags.edit));
  if (!flags.edit.retry() || flags.no_wait) return Show(environment, error);
  return AwaitVerdict(environment, std::move(error));
}

void AddEdit(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* edit = errors.add_subcommand("edit", "Keep an edited payload; the original stays");
  AddId(*edit, flags->edit.mutable_id());
  edit->add_option("file", flags->file, "A file with the edited payload, or - for standard input")->required();
  AddRevision(*edit, flags->edit);
  edit->get_option("--revision")->required()->description("The revision that the edit is based on (errors get)");
  edit->add_option("--comment", *flags->edit.mutable_comment(), "Why");
  edit->add_flag_callback(
      "--retry", [flags] { flags->edit.set_retry(true); }, "Send it at once");
  edit->add_flag("--no-wait", flags->no_wait, "With --retry: do not wait for the verdict");
  edit->footer(
      "Somebody who was quicker makes it fail, with nothing kept: look at the error again.\n\n"
      "Examples:\n  ordermesh errors get ID --payload | sed 's/\"\"/\"C-1\"/' | "
      "ordermesh errors edit ID - --revision 1 --retry\n");
  SetCommand(*edit, environment, [&environment, flags] { return RunEdit(environment, *flags); });
}

absl::StatusOr<ExitCode> RunTry(const Environment& environment, ReviewFlags& flags) {
  if (!flags.file.empty()) {
    OM_ASSIGN_OR_RETURN(*flags.attempt.mutable_raw_payload(), ReadWhole(flags.file, kMaxOrderBytes));
  }
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<ErrorReviewService>());
  error::v1::TryEditResponse response;
  OM_RETURN_IF_ERROR(
      environment.Call([&](auto& context) { return stub->TryEdit(&context, flags.attempt, &response); }));
  if (environment.json()) {
    environment.out << ToJson(response) << "\n";
  } else {
    environment.out << (response.has_order() ? OrderSheet(response.order()) : ViolationTable(response.violations()));
  }
  return response.has_order() ? kDone : kAnswerIsNo;
}

void AddTry(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* attempt = errors.add_subcommand("try", "Say what a payload would become, without keeping anything");
  AddId(*attempt, flags->attempt.mutable_id());
  attempt->add_option("file", flags->file, "The payload, or - for standard input; none: the one that counts");
  SetCommand(*attempt, environment, [&environment, flags] { return RunTry(environment, *flags); });
}

void AddRetry(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* retry = errors.add_subcommand("retry", "Send an error to the feed again");
  AddId(*retry, flags->retry.mutable_id());
  AddRevision(*retry, flags->retry);
  retry->add_flag("--no-wait", flags->no_wait, "Do not wait for the verdict");
  retry->footer("The exit code is 0 when it has become an order, 1 when it has not (yet).\n");
  SetCommand(*retry, environment, [&environment, flags]() -> absl::StatusOr<ExitCode> {
    OM_ASSIGN_OR_RETURN(OrderError error, Act(environment, &Stub::RetryError, flags->retry));
    if (flags->no_wait) return Show(environment, error);
    return AwaitVerdict(environment, std::move(error));
  });
}

void AddDiscard(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* discard = errors.add_subcommand("discard", "Give an error up");
  AddId(*discard, flags->discard.mutable_id());
  discard->add_option("--reason", *flags->discard.mutable_reason(), "Why")->required();
  AddRevision(*discard, flags->discard);
  AddAction(*discard, environment, flags, &ReviewFlags::discard, &Stub::DiscardError);
  CLI::App* reopen = errors.add_subcommand("reopen", "Take a discarded error up again");
  AddId(*reopen, flags->reopen.mutable_id());
  AddAction(*reopen, environment, flags, &ReviewFlags::reopen, &Stub::ReopenError);
}

// Calls page after page.
template <typename Request, typename Response>
absl::StatusOr<Response> All(const Environment& environment,
                             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                             Request request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<ErrorReviewService>());
  Response all;
  do {
    Response page;
    OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return ((*stub).*method)(&context, request, &page); }));
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return all;
}

std::string EditTable(const error::v1::ListErrorEditsResponse& edits) {
  Table table(
      {{"EDIT", Table::Align::kRight}, {"TIME"}, {"BY"}, {"BYTES", Table::Align::kRight}, {"SHA-256"}, {"COMMENT"}});
  for (const auto& edit : edits.edits()) {
    const size_t bytes = edit.has_order() ? edit.order().ByteSizeLong() : edit.raw_payload().size();
    table.AddRow({absl::StrCat(edit.number()), FormatTime(edit.time()), edit.number() == 0 ? "partner" : edit.actor(),
                  absl::StrCat(bytes), absl::BytesToHexString(edit.payload_sha256()).substr(0, 12), edit.comment()});
  }
  return table.ToString();
}

std::string EventTable(const error::v1::ListErrorEventsResponse& events) {
  Table table({{"NUMBER", Table::Align::kRight}, {"TIME"}, {"BY"}, {"WHAT"}, {"BEFORE"}, {"AFTER"}, {"NOTE"}});
  for (const auto& event : events.events()) {
    table.AddRow({absl::StrCat(event.number()), FormatTime(event.time()), event.actor(),
                  error::v1::ErrorEvent::Action_Name(event.action()), OrderError::Status_Name(event.before().status()),
                  OrderError::Status_Name(event.after().status()), event.note()});
  }
  return table.ToString();
}

std::string GroupTable(const error::v1::ListErrorGroupsResponse& groups) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"PARTNER"},
               {"CODE"},
               {"FIELD"},
               {"OPEN", kRight},
               {"ALL", kRight},
               {"LAST HOUR", kRight},
               {"FIRST SEEN"},
               {"LAST SEEN"}});
  for (const auto& group : groups.groups()) {
    table.AddRow({group.partner_id(), common::v1::Violation::Code_Name(group.code()), group.field(),
                  absl::StrCat(group.open()), absl::StrCat(group.count()),
                  absl::StrCat(group.hours().empty() ? 0 : *group.hours().rbegin()), FormatTime(group.first_seen()),
                  FormatTime(group.last_seen())});
  }
  return table.ToString();
}

template <typename Request, typename Response>
void AddLook(CLI::App& command, Environment& environment, std::shared_ptr<ReviewFlags> flags,
             Request ReviewFlags::*request,
             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
             std::string (*text)(const Response&)) {
  SetCommand(command, environment, [&environment, flags, request, method, text]() -> absl::StatusOr<ExitCode> {
    OM_ASSIGN_OR_RETURN(const Response all, All(environment, method, (*flags).*request));
    environment.out << (environment.json() ? ToJson(all) + "\n" : text(all));
    return kDone;
  });
}

void AddLooks(CLI::App& errors, Environment& environment, const std::shared_ptr<ReviewFlags>& flags) {
  CLI::App* edits = errors.add_subcommand("edits", "An error's payloads: the original, then every edit");
  AddId(*edits, flags->edits.mutable_id());
  AddLook(*edits, environment, flags, &ReviewFlags::edits, &Stub::ListErrorEdits, &EditTable);
  CLI::App* history = errors.add_subcommand("history", "What was done to an error, or to all errors");
  history->add_option("id", *flags->events.mutable_error_id(), "The error's id");
  history->add_option("-p,--partner", *flags->events.mutable_partner_id(), "Only this partner's");
  history->add_option("--by", *flags->events.mutable_actor(), "Only what this one did");
  AddLook(*history, environment, flags, &ReviewFlags::events, &Stub::ListErrorEvents, &EventTable);
  CLI::App* groups = errors.add_subcommand("groups", "Errors that are wrong in the same way, most open ones first");
  groups->add_option("-p,--partner", *flags->groups.mutable_partner_id(), "Only this partner's");
  AddLook(*groups, environment, flags, &ReviewFlags::groups, &Stub::ListErrorGroups, &GroupTable);
}

}  // namespace

void AddErrorReview(CLI::App& errors, Environment& environment) {
  auto flags = std::make_shared<ReviewFlags>();
  AddAssign(errors, environment, flags);
  AddNote(errors, environment, flags);
  AddTag(errors, environment, flags);
  AddEdit(errors, environment, flags);
  AddTry(errors, environment, flags);
  AddRetry(errors, environment, flags);
  AddDiscard(errors, environment, flags);
  AddLooks(errors, environment, flags);
}

}  // namespace ordermesh::cli
