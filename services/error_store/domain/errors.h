// Every refusal of the error-store.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "ordermesh/error/v1/error_event.pb.h"

namespace ordermesh::error_store {

// INVALID_ARGUMENT: a field of a committed error breaks its rule.
absl::Status InvalidCommit(std::string_view field, std::string_view rule);
// NOT_FOUND: the same for a missing, a malformed and a foreign id.
absl::Status ErrorNotFound();
// ABORTED: somebody else has changed the error since.
absl::Status Stale(int64_t based_on, int64_t revision);
// FAILED_PRECONDITION: the error's status does not allow the action.
absl::Status NotAllowedNow(ordermesh::error::v1::ErrorEvent::Action action,
                           ordermesh::error::v1::OrderError::Status status);
// NOT_FOUND: the same for a missing, a malformed and a foreign id.
absl::Status JobNotFound();
// FAILED_PRECONDITION: the filter does not match what the caller counted.
absl::Status CountDiffers(int64_t expected, int64_t matched);
// FAILED_PRECONDITION: the request id has started a job that does something else.
absl::Status RequestIdReused();
// RESOURCE_EXHAUSTED with a retry delay: as many jobs are running as may.
absl::Status TooManyJobs();
// FAILED_PRECONDITION: there is no edit that a patch could be made of.
absl::Status NoEdit();
// FAILED_PRECONDITION: what was sent is a canonical order, which has no JSON to patch.
absl::Status PatchNeedsJson();
// UNAVAILABLE: no validation is known that could try an edit out.
absl::Status NobodyTriesOut();
// RESOURCE_EXHAUSTED with a retry delay: more waits for the writer than it may hold.
absl::Status WriterQueueFull();
// RESOURCE_EXHAUSTED with a retry delay: the disk is full; what is stored can still be read.
absl::Status DiskFull();
// UNAVAILABLE: the store closes, or its last write failed in a way that leaves its outcome unknown.
absl::Status StoreClosed();
// OUT_OF_RANGE: a watch that starts after the last position.
absl::Status WatchPastEnd(int64_t after_position, int64_t end);
// RESOURCE_EXHAUSTED: the statistics of all partners do not fit one answer.
absl::Status TooManyCounters();
// FAILED_PRECONDITION: the directory belongs to another shard.
absl::Status WrongShard(uint32_t stored, uint32_t asked);
// DATA_LOSS: the store recovered less than it had acknowledged.
absl::Status LostTail(int64_t recovered, int64_t acknowledged);
// DATA_LOSS: stored bytes are not what the store wrote. `what` names the record.
absl::Status BadRecord(std::string_view what);

}  // namespace ordermesh::error_store
