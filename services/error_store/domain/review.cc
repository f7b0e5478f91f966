#include "services/error_store/domain/review.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/card_data.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;
using Status = ErrorMessage::Status;

struct Transition {
  ErrorEvent::Action action;
  Status from;
  Status to;
};

// Everything that is allowed; the picture is in error_review_service.proto. ANSWERED is decided by the verdict.
constexpr std::array kTransitions = {
    Transition{ErrorEvent::ASSIGNED, ErrorMessage::OPEN, ErrorMessage::IN_REVIEW},
    Transition{ErrorEvent::ASSIGNED, ErrorMessage::IN_REVIEW, ErrorMessage::IN_REVIEW},
    Transition{ErrorEvent::RELEASED, ErrorMessage::IN_REVIEW, ErrorMessage::OPEN},
    Transition{ErrorEvent::EDITED, ErrorMessage::OPEN, ErrorMessage::OPEN},
    Transition{ErrorEvent::EDITED, ErrorMessage::IN_REVIEW, ErrorMessage::IN_REVIEW},
    Transition{ErrorEvent::RETRIED, ErrorMessage::OPEN, ErrorMessage::RETRYING},
    Transition{ErrorEvent::RETRIED, ErrorMessage::IN_REVIEW, ErrorMessage::RETRYING},
    Transition{ErrorEvent::DISCARDED, ErrorMessage::OPEN, ErrorMessage::DISCARDED},
    Transition{ErrorEvent::DISCARDED, ErrorMessage::IN_REVIEW, ErrorMessage::DISCARDED},
    Transition{ErrorEvent::REOPENED, ErrorMessage::DISCARDED, ErrorMessage::OPEN},
};

bool Becomes(OrderVerdict::Verdict verdict) {
  return verdict == OrderVerdict::CREATED || verdict == OrderVerdict::REPLAYED;
}

// What the error is after the action; nothing where that is not allowed.
std::optional<Status> Next(const Action& action, const ErrorMessage& error) {
  if (action.kind == ErrorEvent::NOTED || action.kind == ErrorEvent::TAGGED) return error.status();
  if (action.kind == ErrorEvent::ANSWERED) {
    if (error.status() != ErrorMessage::RETRYING || error.retries() != action.retry) return std::nullopt;
    if (Becomes(action.verdict.verdict())) return ErrorMessage::RESOLVED;
    return error.assignee().empty() ? ErrorMessage::OPEN : ErrorMessage::IN_REVIEW;
  }
  for (const Transition& one : kTransitions) {
    if (one.action == action.kind && one.from == error.status()) return one.to;
  }
  return std::nullopt;
}

void WithoutValues(google::protobuf::RepeatedPtrField<ordermesh::common::v1::Violation>& violations) {
  for (auto& violation : violations) violation.clear_value();
}

ordermesh::error::v1::ErrorState StateOf(const ErrorMessage& error) {
  ordermesh::error::v1::ErrorState state;
  state.set_status(error.status());
  state.set_assignee(error.assignee());
  *state.mutable_tags() = error.tags();
  state.set_edit(error.edits());
  state.set_payload_sha256(error.payload_sha256());
  *state.mutable_violations() = error.violations();
  WithoutValues(*state.mutable_violations());
  state.set_resolved_order_id(error.resolved_order_id());
  state.set_discard_reason(error.discard_reason());
  return state;
}

absl::Status CheckText(std::string_view field, std::string_view text, bool required, size_t most) {
  if (required && text.empty()) return InvalidField(field, "must not be empty");
  if (text.size() > most) return InvalidField(field, absl::StrCat("must have at most ", most, " bytes"));
  const auto control = [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\n' && c != '\t';
  };
  if (std::any_of(text.begin(), text.end(), control)) return InvalidField(field, "must hold no control characters");
  return CheckTextForCardData(field, text);
}

absl::Status CheckTags(std::string_view field, const std::vector<std::string>& tags) {
  const auto allowed = [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; };
  for (const std::string& tag : tags) {
    if (tag.empty() || tag.size() > kMaxTagBytes || !std::all_of(tag.begin(), tag.end(), allowed)) {
      return InvalidField(field, "must be 1 to 32 lower-case letters, digits and dashes");
    }
  }
  return absl::OkStatus();
}

// Nothing where there would be too many.
std::optional<std::set<std::string>> TagsAfter(const Action& action, const ErrorMessage& error) {
  std::set<std::string> tags(error.tags().begin(), error.tags().end());
  tags.insert(action.add_tags.begin(), action.add_tags.end());
  for (const std::string& tag : action.remove_tags) tags.erase(tag);
  if (tags.size() > kMaxTags) return std::nullopt;
  return tags;
}

absl::Status CheckCaps(const Action& action, const ErrorMessage& error) {
  if (action.kind == ErrorEvent::EDITED && error.edits() >= kMaxEdits) {
    return Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_EDITS",
                   absl::StrCat("the error was edited ", error.edits(), " times"));
  }
  if (action.kind == ErrorEvent::RETRIED && error.retries() >= kMaxRetries) {
    return Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_RETRIES",
                   absl::StrCat("the error was sent again ", error.retries(), " times"));
  }
  if (action.kind == ErrorEvent::TAGGED && !TagsAfter(action, error).has_value()) {
    return Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_TAGS", "an error has at most 16 tags");
  }
  return absl::OkStatus();
}

// What a verdict leaves: the order, or what is wrong now.
void Answer(const OrderVerdict& verdict, ErrorMessage& error) {
  // A retry that got no verdict says nothing of the payload.
  if (verdict.verdict() == OrderVerdict::VERDICT_UNSPECIFIED) return;
  error.set_retry_verdict(verdict.verdict());
  if (Becomes(verdict.verdict())) {
    error.set_resolved_order_id(verdict.order_id());
    return;
  }
  *error.mutable_violations() = verdict.violations();
  error.set_order_id(verdict.verdict() == OrderVerdict::CONFLICT ? verdict.order_id() : "");
}

void Change(const Action& action, Status next, ErrorMessage& error) {
  switch (action.kind) {
    case ErrorEvent::ASSIGNED:
      error.set_assignee(action.text);
      break;
    case ErrorEvent::RELEASED:
      error.clear_assignee();
      break;
    case ErrorEvent::TAGGED: {
      const auto tags = TagsAfter(action, error);
      error.mutable_tags()->Assign(tags->begin(), tags->end());
      break;
    }
    case ErrorEvent::EDITED:
      error.set_edits(error.edits() + 1);
      error.set_payload_sha256(action.payload_sha256);
      break;
    case ErrorEvent::RETRIED:
      error.set_retries(error.retries() + 1);
      break;
    case ErrorEvent::ANSWERED:
      Answer(action.verdict, error);
      break;
    case ErrorEvent::DISCARDED:
      error.set_discard_reason(action.text);
      error.clear_assignee();
      break;
    case ErrorEvent::REOPENED:
      error.clear_discard_reason();
      break;
    default:
      break;
  }
  error.set_status(next);
}

// Whether the action leaves the error with whoever changed it last: the verdict of a retry is that of the job that sent
// it, whoever has written a note meanwhile.
bool KeepsJob(ErrorEvent::Action kind) {
  return kind == ErrorEvent::ANSWERED || kind == ErrorEvent::NOTED || kind == ErrorEvent::TAGGED;
}

void Restamp(absl::Time now, const Action& action, ErrorMessage& error) {
  error.set_revision(error.revision() + 1);
  if (!KeepsJob(action.kind)) error.set_job_id(action.actor.job_id);
  *error.mutable_update_time() = ToTimestamp(now);
  if (MayExpire(error.status())) {
    *error.mutable_expire_time() = ToTimestamp(now + absl::Hours(24) * error.ttl_days());
  } else {
    error.clear_expire_time();
  }
}

}  // namespace

bool MayExpire(ErrorMessage::Status status) {
  return status != ErrorMessage::IN_REVIEW && status != ErrorMessage::RETRYING;
}

absl::Status CheckAction(const Action& action) {
  if (action.revision < 0) return InvalidField("revision", "must not be negative");
  switch (action.kind) {
    case ErrorEvent::ASSIGNED:
      return CheckText("assignee", action.text, /*required=*/true, kMaxAssigneeBytes);
    case ErrorEvent::NOTED:
      return CheckText("note", action.text, /*required=*/true, kMaxNoteBytes);
    case ErrorEvent::DISCARDED:
      return CheckText("reason", action.text, /*required=*/true, kMaxNoteBytes);
    case ErrorEvent::EDITED:
      if (action.revision == 0) return InvalidField("revision", "is required: the one that the edit is based on");
      return CheckText("comment", action.text, /*required=*/false, kMaxNoteBytes);
    case ErrorEvent::TAGGED:
      if (action.add_tags.empty() && action.remove_tags.empty())
        return InvalidField("add", "add or remove is required");
      OM_RETURN_IF_ERROR(CheckTags("add", action.add_tags));
      return CheckTags("remove", action.remove_tags);
    default:
      return absl::OkStatus();
  }
}

absl::StatusOr<ErrorEvent> Apply(const Action& action, absl::Time now, ErrorMessage& error) {
  if (action.revision != 0 && action.revision != error.revision()) return Stale(action.revision, error.revision());
  const auto next = Next(action, error);
  if (!next.has_value()) return NotAllowedNow(action.kind, error.status());
  OM_RETURN_IF_ERROR(CheckCaps(action, error));
  ErrorEvent event;
  event.set_error_id(error.id());
  event.set_partner_id(error.partner_id());
  event.set_action(action.kind);
  *event.mutable_time() = ToTimestamp(now);
  event.set_actor(action.actor.subject);
  event.set_role(action.actor.role);
  event.set_request_id(action.actor.request_id);
  event.set_job_id(action.kind == ErrorEvent::ANSWERED ? error.job_id() : action.actor.job_id);
  if (action.kind != ErrorEvent::ASSIGNED) event.set_note(action.text);
  if (action.kind == ErrorEvent::ANSWERED) {
    *event.mutable_verdict() = action.verdict;
    WithoutValues(*event.mutable_verdict()->mutable_violations());
  }
  *event.mutable_before() = StateOf(error);
  Change(action, *next, error);
  Restamp(now, action, error);
  event.set_revision(error.revision());
  *event.mutable_after() = StateOf(error);
  return event;
}

}  // namespace ordermesh::error_store
