// What was done to errors: their payloads one after the other, and the log of events.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_review_service.pb.h"
#include "ordermesh/feed/v1/retry_service.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/patch.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// The payloads of an error in their order. NOT_FOUND where there is no such error, or it is not `visible_partner`'s
// (empty: anybody's).
absl::Status ListEdits(const kv::Kv& kv, uint32_t shard, const ordermesh::error::v1::ListErrorEditsRequest& request,
                       const std::string& visible_partner, ordermesh::error::v1::ListErrorEditsResponse* response);

// One page of events, oldest first. NOT_FOUND as above where the request names an error.
absl::Status ListEvents(const kv::Kv& kv, uint32_t shard, const ordermesh::error::v1::ListErrorEventsRequest& request,
                        const std::string& visible_partner, ordermesh::error::v1::ListErrorEventsResponse* response);

// The payload as it was received.
absl::StatusOr<ordermesh::error::v1::ErrorEdit> OriginalPayload(const kv::Kv& kv, const Row& row,
                                                                const kv::Snapshot* snapshot);

// The payload of the error that counts: the last edit, or the original.
absl::StatusOr<ordermesh::error::v1::ErrorEdit> PayloadThatCounts(const kv::Kv& kv, const Row& row,
                                                                  const kv::Snapshot* snapshot);

// What turned the original into the last edit, as a patch. NOT_FOUND as above; FAILED_PRECONDITION where there is no
// edit (NO_EDIT), or it cannot be said as a patch.
absl::StatusOr<PatchMessage> PatchOfLastEdit(const kv::Kv& kv, const std::string& id,
                                             const std::string& visible_partner);

// What is to be tried out: what the request brings, or the payload that counts. NOT_FOUND as above.
absl::StatusOr<ordermesh::validation::v1::DryRunRequest> PayloadToTry(
    const kv::Kv& kv, const ordermesh::error::v1::TryEditRequest& request, const std::string& visible_partner);

// What a retry sends.
struct RetryPayload {
  ordermesh::feed::v1::RetryOrderRequest request;
  // Which retry of the error it is, from 1.
  int32_t retry = 0;
};
// The payload that counts. Nothing where there is no such error, or it is not RETRYING.
absl::StatusOr<std::optional<RetryPayload>> PayloadToRetry(const kv::Kv& kv, const Uuid& id);

}  // namespace ordermesh::error_store
