// Jobs: what one may ask for, and what becomes of it as errors are taken and verdicts come. Pure: the writer keeps the
// job beside the errors that it changes.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordermesh/error/v1/repair_service.pb.h"
#include "services/error_store/domain/review.h"

namespace ordermesh::error_store {

using JobMessage = ordermesh::error::v1::RepairJob;
using JobAction = ordermesh::error::v1::RepairAction;

// Whether it is an action: exactly one is set, its texts and its patch are well formed. INVALID_ARGUMENT names the
// field.
absl::Status CheckJobAction(const JobAction& action);

// A job that has taken nothing yet, of `matched` errors at or below `begin_position`. INVALID_ARGUMENT for a bad
// request id, filter, action or rate; FAILED_PRECONDITION (COUNT_DIFFERS) where the caller expected another number.
absl::StatusOr<JobMessage> BeginJob(const ordermesh::error::v1::StartJobRequest& request, const Actor& actor,
                                    absl::Time now, int64_t matched, int64_t begin_position);

// Whether the request asks for what the job does already: it was sent again.
bool IsSameJob(const ordermesh::error::v1::StartJobRequest& request, const JobMessage& job);

// What a job does to an error that has this revision. Of a fix: the edit, without its payload.
Action ActionOf(const JobMessage& job, int64_t revision);
// Whether what it takes is sent again.
bool Sends(const JobAction& action);

// It has taken errors down to `next_position`: so many were changed, so many left as they were.
void Advance(int64_t next_position, int64_t changed, int64_t skipped, absl::Time now, JobMessage& job);
// One of those that it sent has its verdict, or was refused for good.
void Answered(bool resolved, absl::Time now, JobMessage& job);
// Takes no more errors.
void Cancel(absl::Time now, JobMessage& job);

}  // namespace ordermesh::error_store
