#include "services/error_store/store/reviewer.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/event_log.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/reader.h"

namespace ordermesh::error_store {
namespace {

// What a job does, as JSON, at most as long as any note.
std::string TextOf(const JobMessage& job) {
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(job.action(), &text).ok()) return "";
  return text.substr(0, kMaxNoteBytes);
}

}  // namespace

size_t JobRequest::Weight() const {
  size_t weight = kErrorOverheadBytes;
  for (const ReviewRequest& request : requests) weight += request.Weight();
  return weight;
}

Reviewer::Reviewer(kv::Kv& kv, Frontier& frontier, Counters& counters, Clock clock, EventHead head)
    : kv_(kv),
      frontier_(frontier),
      counters_(counters),
      clock_(std::move(clock)),
      head_(std::move(head)),
      batch_(kv.NewBatch()),
      jobs_(kv) {}

void Reviewer::Begin() {
  batch_->Clear();
  standings_.clear();
  changed_.clear();
  jobs_.Clear();
  next_head_ = head_;
}

absl::StatusOr<std::vector<ReviewOutcome>> Reviewer::Do(std::vector<ReviewRequest> requests) {
  Begin();
  const absl::Time now = clock_();
  std::vector<ReviewOutcome> outcomes;
  outcomes.reserve(requests.size());
  for (ReviewRequest& request : requests) {
    outcomes.push_back(DoOne(request, now));
    // Damaged bytes are no refusal of this request: nothing of the group is written.
    if (absl::IsDataLoss(outcomes.back().status())) return outcomes.back().status();
  }
  if (changed_.empty()) return outcomes;
  const absl::Status written = Write();
  if (written.ok()) return outcomes;
  if (!absl::IsResourceExhausted(written)) return written;
  for (ReviewOutcome& outcome : outcomes) {
    if (outcome.ok()) outcome = DiskFull();
  }
  return outcomes;
}

absl::Status Reviewer::DoJob(JobRequest request, JobOutcome* outcome) {
  Begin();
  *outcome = DoJobOne(request, clock_());
  if (absl::IsDataLoss(outcome->status())) return outcome->status();
  if (!outcome->ok() || !jobs_.changed()) return absl::OkStatus();
  const absl::Status written = Write();
  if (!written.ok() && !absl::IsResourceExhausted(written)) return written;
  if (!written.ok()) *outcome = DiskFull();
  return absl::OkStatus();
}

absl::StatusOr<JobTurn> Reviewer::DoJobOne(JobRequest& request, absl::Time now) {
  if (request.kind == JobRequest::Kind::kBegin) return BeginJob(request, now);
  if (request.kind == JobRequest::Kind::kTake) return Take(request, now);
  return CancelJob(request, now);
}

absl::StatusOr<JobTurn> Reviewer::CancelJob(const JobRequest& request, absl::Time now) {
  OM_ASSIGN_OR_RETURN(const auto stored, FindJob(kv_, request.job.id()));
  if (!stored.has_value()) return JobNotFound();
  if (stored->job.state() != JobMessage::RUNNING) return JobTurn{stored->job, {}};
  OM_ASSIGN_OR_RETURN(JobMessage* const job, jobs_.Find(request.job.id()));
  Cancel(now, *job);
  AppendJobEvent(ErrorEvent::JOB_CANCELLED, *job, request.actor, now);
  return JobTurn{*job, {}};
}

absl::StatusOr<JobTurn> Reviewer::BeginJob(const JobRequest& request, absl::Time now) {
  OM_ASSIGN_OR_RETURN(const auto stored, FindJob(kv_, request.job.id()));
  // Sent again at the same time.
  if (stored.has_value()) return JobTurn{stored->job, {}};
  OM_ASSIGN_OR_RETURN(const auto running, RunningJobs(kv_));
  if (running.size() >= kMaxRunningJobs) return TooManyJobs();
  OM_RETURN_IF_ERROR(jobs_.Add(request.job));
  AppendJobEvent(ErrorEvent::JOB_STARTED, request.job, request.actor, now);
  return JobTurn{request.job, {}};
}

absl::StatusOr<JobTurn> Reviewer::Take(JobRequest& request, absl::Time now) {
  OM_ASSIGN_OR_RETURN(const auto stored, FindJob(kv_, request.job.id()));
  if (!stored.has_value()) return JobNotFound();
  const bool is_next = stored->job.state() == JobMessage::RUNNING && stored->job.next_position() == request.from;
  if (!is_next) return JobTurn{stored->job, {}};
  JobTurn turn;
  for (ReviewRequest& one : request.requests) {
    const auto outcome = DoOne(one, now);
    if (outcome.ok()) {
      turn.sent.push_back(one.id);
    } else if (absl::IsDataLoss(outcome.status())) {
      return outcome.status();
    }
  }
  const auto changed = static_cast<int64_t>(turn.sent.size());
  const auto left = static_cast<int64_t>(request.requests.size()) - changed;
  OM_ASSIGN_OR_RETURN(JobMessage* const job, jobs_.Find(request.job.id()));
  Advance(request.to, changed, request.skipped + left, now, *job);
  turn.job = *job;
  if (!Sends(job->action())) turn.sent.clear();
  return turn;
}

void Reviewer::AppendJobEvent(ErrorEvent::Action kind, const JobMessage& job, const Actor& actor, absl::Time now) {
  ErrorEvent event;
  event.set_partner_id(job.filter().partner_id());
  event.set_action(kind);
  *event.mutable_time() = ToTimestamp(now);
  event.set_actor(actor.subject);
  event.set_role(actor.role);
  event.set_request_id(actor.request_id);
  event.set_job_id(job.id());
  event.set_note(TextOf(job));
  AppendEvent(std::nullopt, event);
}

absl::Status Reviewer::TellJob(const ErrorEvent& answered, absl::Time now) {
  if (answered.action() != ErrorEvent::ANSWERED || answered.job_id().empty()) return absl::OkStatus();
  OM_ASSIGN_OR_RETURN(JobMessage* const job, jobs_.Find(answered.job_id()));
  if (job != nullptr) Answered(answered.after().status() == ErrorMessage::RESOLVED, now, *job);
  return absl::OkStatus();
}

absl::StatusOr<ErrorMessage> Reviewer::DoOne(ReviewRequest& request, absl::Time now) {
  OM_ASSIGN_OR_RETURN(Standing* const standing, Find(request));
  // On a copy: a request is done whole or not at all.
  Row row = standing->row;
  std::vector<ErrorEvent> events(1);
  if (request.action.kind == ErrorEvent::EDITED) OM_RETURN_IF_ERROR(CheckContent(request, row));
  OM_ASSIGN_OR_RETURN(events.front(), Apply(request.action, now, row.error));
  if (request.retry) {
    Action retry;
    retry.kind = ErrorEvent::RETRIED;
    retry.actor = request.action.actor;
    OM_ASSIGN_OR_RETURN(events.emplace_back(), Apply(retry, now, row.error));
  }
  if (request.action.kind == ErrorEvent::EDITED) AppendEdit(request, now, row);
  for (ErrorEvent& event : events) {
    OM_RETURN_IF_ERROR(TellJob(event, now));
    AppendEvent(row.origin, event);
  }
  if (!std::exchange(standing->changed, true)) changed_.push_back(standing);
  standing->row = std::move(row);
  return standing->row.error;
}

absl::StatusOr<Reviewer::Standing*> Reviewer::Find(const ReviewRequest& request) {
  auto& standing = standings_[request.id];
  if (standing == nullptr) {
    auto loaded = Load(request.id);
    if (!loaded.ok()) {
      standings_.erase(request.id);
      return loaded.status();
    }
    standing = std::make_unique<Standing>(*std::move(loaded));
  }
  const bool foreign = !request.partner_id.empty() && standing->row.error.partner_id() != request.partner_id;
  if (foreign) return ErrorNotFound();
  return standing.get();
}

absl::StatusOr<Reviewer::Standing> Reviewer::Load(const Uuid& id) const {
  OM_ASSIGN_OR_RETURN(StoredRow found, FindRow(kv_, id));
  Standing standing;
  standing.stored_position = found.position;
  standing.stored = found.row.error;
  standing.row = std::move(found.row);
  return standing;
}

absl::Status Reviewer::CheckContent(const ReviewRequest& request, const Row& row) const {
  if (request.action.payload_sha256 == row.error.payload_sha256()) {
    return InvalidField("raw_payload", "must differ from the payload that counts");
  }
  OM_ASSIGN_OR_RETURN(const auto original, kv_.Get(kPayloads, PositionKey(row.origin)));
  ErrorMessage kept;
  if (original.has_value()) OM_RETURN_IF_ERROR(DecodePayload(*original, kept));
  if (kept.has_order() == request.canonical_order.empty()) {
    return InvalidField(kept.has_order() ? "order" : "raw_payload", "is required: the original is of this kind");
  }
  return absl::OkStatus();
}

void Reviewer::AppendEdit(const ReviewRequest& request, absl::Time now, const Row& row) {
  ordermesh::error::v1::ErrorEdit edit;
  edit.set_number(row.error.edits());
  *edit.mutable_time() = ToTimestamp(now);
  edit.set_actor(request.action.actor.subject);
  edit.set_comment(request.action.text);
  edit.set_job_id(request.action.actor.job_id);
  edit.set_payload_sha256(request.action.payload_sha256);
  batch_->Put(kEdits, EditKey(row.origin, row.error.edits()),
              EncodeEdit(edit, request.raw_payload, request.canonical_order));
}

void Reviewer::AppendEvent(std::optional<int64_t> origin, ErrorEvent& event) {
  const int64_t number = next_head_.number + 1;
  batch_->Put(kEvents, PositionKey(number), Seal(number, next_head_.hash, event));
  if (origin.has_value()) batch_->Put(kEventIndex, EventIndexKey(*origin, number), "");
  next_head_ = {number, event.hash()};
}

absl::Status Reviewer::AppendRows(int64_t* position) {
  ZoneChanges zones(kv_);
  for (Standing* const standing : changed_) {
    const std::string old_key = PositionKey(standing->stored_position);
    const std::string new_key = PositionKey(++*position);
    const ErrorMessage& error = standing->row.error;
    batch_->Delete(kRows, old_key);
    batch_->Put(kRows, new_key, EncodeRow(standing->row));
    const auto id = Uuid::Parse(error.id());
    if (!id.has_value()) return BadRecord("row");
    batch_->Put(kIds, IdKey(*id), new_key);
    for (const std::string& posting : PostingsOf(standing->stored)) batch_->Delete(kPostings, posting + old_key);
    for (const std::string& posting : PostingsOf(error)) batch_->Put(kPostings, posting + new_key, "");
    counters_.Count(standing->stored, -1);
    counters_.Count(error, 1);
    zones.Remove(standing->stored_position);
    zones.Add(*position, error);
  }
  return zones.AppendTo(*batch_);
}

absl::Status Reviewer::Write() {
  int64_t position = frontier_.last();
  OM_RETURN_IF_ERROR(AppendRows(&position));
  OM_RETURN_IF_ERROR(counters_.AppendTo(*batch_));
  jobs_.AppendTo(*batch_);
  if (position > 0) batch_->Put(kMeta, kLastPositionKey, PositionKey(position));
  if (next_head_.number > 0) batch_->Put(kMeta, kEventHeadKey, EncodeEventHead(next_head_));
  const absl::Status written = kv_.Write(*batch_, kv::Durability::kSynced);
  if (!written.ok()) {
    counters_.Dropped();
    return written;
  }
  counters_.Applied();
  head_ = next_head_;
  frontier_.Advance(position);
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store
