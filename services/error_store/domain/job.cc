#include "services/error_store/domain/job.h"

#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/filter.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/domain/patch.h"

namespace ordermesh::error_store {
namespace {

using google::protobuf::util::MessageDifferencer;
using ordermesh::error::v1::StartJobRequest;

Action BaseAction(const JobAction& action) {
  Action base;
  switch (action.action_case()) {
    case JobAction::kAssign:
      base.kind = ErrorEvent::ASSIGNED;
      base.text = action.assign().assignee();
      break;
    case JobAction::kDiscard:
      base.kind = ErrorEvent::DISCARDED;
      base.text = action.discard().reason();
      break;
    case JobAction::kRetry:
      base.kind = ErrorEvent::RETRIED;
      break;
    default:
      base.kind = ErrorEvent::EDITED;
      break;
  }
  return base;
}

// It ends with the last verdict.
void Settle(absl::Time now, JobMessage& job) {
  if (job.state() == JobMessage::RUNNING && job.next_position() == 0) job.set_state(JobMessage::WAITING);
  if (job.retrying() == 0) {
    if (job.state() == JobMessage::WAITING) job.set_state(JobMessage::DONE);
    if (job.state() == JobMessage::CANCELLING) job.set_state(JobMessage::CANCELLED);
  }
  *job.mutable_update_time() = ToTimestamp(now);
}

}  // namespace

absl::Status CheckJobAction(const JobAction& action) {
  switch (action.action_case()) {
    case JobAction::kAssign:
    case JobAction::kDiscard:
      return CheckAction(BaseAction(action));
    case JobAction::kRetry:
      return absl::OkStatus();
    case JobAction::kFix:
      return CheckPatch(action.fix().patch());
    default:
      return InvalidField("action", "is required: assign, discard, retry or fix");
  }
}

absl::StatusOr<JobMessage> BeginJob(const StartJobRequest& request, const Actor& actor, absl::Time now, int64_t matched,
                                    int64_t begin_position) {
  if (request.request_id().empty() || request.request_id().size() > kMaxRequestIdBytes) {
    return InvalidField("request_id", "must be 1 to 64 bytes");
  }
  OM_RETURN_IF_ERROR(FilterOf(request.filter()).status());
  OM_RETURN_IF_ERROR(CheckJobAction(request.action()));
  if (request.rate() < 0 || request.rate() > kMaxJobRate) return InvalidField("rate", "must be 0 to 5,000");
  if (request.expected_count() < 0) return InvalidField("expected_count", "must not be negative");
  if (request.expected_count() != 0 && request.expected_count() != matched) {
    return CountDiffers(request.expected_count(), matched);
  }
  JobMessage job;
  job.set_id(MakeJobId(actor.subject, request.request_id()).ToString());
  job.set_state(JobMessage::RUNNING);
  *job.mutable_filter() = request.filter();
  *job.mutable_action() = request.action();
  job.set_actor(actor.subject);
  job.set_role(actor.role);
  *job.mutable_create_time() = ToTimestamp(now);
  job.set_matched(matched);
  job.set_rate(request.rate() == 0 ? kDefaultJobRate : request.rate());
  job.set_begin_position(begin_position);
  job.set_next_position(matched == 0 ? 0 : begin_position + 1);
  Settle(now, job);
  return job;
}

bool IsSameJob(const StartJobRequest& request, const JobMessage& job) {
  return MessageDifferencer::Equals(request.filter(), job.filter()) &&
         MessageDifferencer::Equals(request.action(), job.action());
}

Action ActionOf(const JobMessage& job, int64_t revision) {
  Action action = BaseAction(job.action());
  action.revision = revision;
  action.actor.subject = job.actor();
  action.actor.role = job.role();
  action.actor.job_id = job.id();
  return action;
}

bool Sends(const JobAction& action) { return action.has_retry() || action.has_fix(); }

void Advance(int64_t next_position, int64_t changed, int64_t skipped, absl::Time now, JobMessage& job) {
  job.set_next_position(next_position);
  job.set_changed(job.changed() + changed);
  job.set_skipped(job.skipped() + skipped);
  if (Sends(job.action())) job.set_retrying(job.retrying() + changed);
  Settle(now, job);
}

void Answered(bool resolved, absl::Time now, JobMessage& job) {
  job.set_retrying(job.retrying() - 1);
  if (resolved) {
    job.set_resolved(job.resolved() + 1);
  } else {
    job.set_refused(job.refused() + 1);
  }
  Settle(now, job);
}

void Cancel(absl::Time now, JobMessage& job) {
  if (job.state() != JobMessage::RUNNING) return;
  job.set_state(JobMessage::CANCELLING);
  Settle(now, job);
}

}  // namespace ordermesh::error_store
