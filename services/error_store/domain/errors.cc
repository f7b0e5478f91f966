#include "services/error_store/domain/errors.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

// A group takes milliseconds; a disk is not emptied faster than in seconds.
constexpr absl::Duration kRetryAfterQueueFull = absl::Milliseconds(100);
constexpr absl::Duration kRetryAfterDiskFull = absl::Seconds(1);
// A process that ends is started again within a second.
constexpr absl::Duration kRetryAfterClosed = absl::Milliseconds(500);
// A job takes seconds to minutes.
constexpr absl::Duration kRetryAfterJobs = absl::Seconds(10);

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status InvalidCommit(std::string_view field, std::string_view rule) { return InvalidField(field, rule); }

absl::Status ErrorNotFound() {
  return Refusal(absl::StatusCode::kNotFound, "ERROR_NOT_FOUND", "there is no error with this id");
}

absl::Status Stale(int64_t based_on, int64_t revision) {
  return Refusal(absl::StatusCode::kAborted, "STALE",
                 absl::StrCat("somebody else has changed the error: it has revision ", revision, ", not ", based_on,
                              "; look at it again"),
                 {{"revision", absl::StrCat(revision)}});
}

absl::Status NotAllowedNow(ordermesh::error::v1::ErrorEvent::Action action,
                           ordermesh::error::v1::OrderError::Status status) {
  const auto& action_name = ordermesh::error::v1::ErrorEvent::Action_Name(action);
  const auto& status_name = ordermesh::error::v1::OrderError::Status_Name(status);
  return Refusal(absl::StatusCode::kFailedPrecondition, "NOT_ALLOWED_NOW",
                 absl::StrCat("an error that is ", status_name, " cannot be ", action_name),
                 {{"status", status_name}, {"action", action_name}});
}

absl::Status JobNotFound() {
  return Refusal(absl::StatusCode::kNotFound, "JOB_NOT_FOUND", "there is no job with this id");
}

absl::Status CountDiffers(int64_t expected, int64_t matched) {
  return Refusal(absl::StatusCode::kFailedPrecondition, "COUNT_DIFFERS",
                 absl::StrCat("the filter matches ", matched, " errors, not ", expected, "; preview it again"),
                 {{"matched", absl::StrCat(matched)}});
}

absl::Status RequestIdReused() {
  return Refusal(absl::StatusCode::kFailedPrecondition, "REQUEST_ID_REUSED",
                 "this request id has started a job with another filter or action");
}

absl::Status TooManyJobs() {
  return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_JOBS",
                           absl::StrCat("there are ", kMaxRunningJobs, " jobs running; wait for one, or cancel it")),
                   kRetryAfterJobs);
}

absl::Status NoEdit() { return Refusal(absl::StatusCode::kFailedPrecondition, "NO_EDIT", "the error was not edited"); }

absl::Status PatchNeedsJson() {
  return Refusal(absl::StatusCode::kFailedPrecondition, "PATCH_DOES_NOT_FIT",
                 "what was sent is a canonical order, not JSON");
}

absl::Status NobodyTriesOut() {
  return Refusal(absl::StatusCode::kUnavailable, "NOBODY_TRIES_OUT",
                 "this error-store knows no validation (--validation): edits cannot be tried out");
}

absl::Status WriterQueueFull() {
  return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "WRITER_QUEUE_FULL",
                           "more errors wait to be written than may wait; send again"),
                   kRetryAfterQueueFull);
}

absl::Status DiskFull() {
  return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "DISK_FULL", "the disk is full; send again"),
                   kRetryAfterDiskFull);
}

absl::Status StoreClosed() {
  return WithRetry(Refusal(absl::StatusCode::kUnavailable, "STORE_CLOSED", "the error-store is closing; send again"),
                   kRetryAfterClosed);
}

absl::Status WatchPastEnd(int64_t after_position, int64_t end) {
  return Refusal(absl::StatusCode::kOutOfRange, "WATCH_PAST_END",
                 absl::StrCat("after_position ", after_position, " is past the last position ", end),
                 {{"end", absl::StrCat(end)}});
}

absl::Status TooManyCounters() {
  return Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_COUNTERS",
                 "the statistics of all partners do not fit one answer; ask for one partner");
}

absl::Status WrongShard(uint32_t stored, uint32_t asked) {
  return Refusal(absl::StatusCode::kFailedPrecondition, "WRONG_SHARD",
                 absl::StrCat("the data belong to shard ", stored, ", not ", asked));
}

absl::Status LostTail(int64_t recovered, int64_t acknowledged) {
  return Refusal(absl::StatusCode::kDataLoss, "LOST_TAIL",
                 absl::StrCat("recovered up to position ", recovered, " but ", acknowledged, " was acknowledged"));
}

absl::Status BadRecord(std::string_view what) {
  return Refusal(absl::StatusCode::kDataLoss, "BAD_RECORD", absl::StrCat("stored bytes are damaged: ", View(what)));
}

}  // namespace ordermesh::error_store
