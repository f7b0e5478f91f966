// ListErrors: newest first, through the postings of its filters, with bounded work a call.
#pragma once

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "services/common/kv/kv.h"

namespace ordermesh::error_store {

// INVALID_ARGUMENT names a bad field. The page ends early, with a token, where its work or its bytes reach their
// bounds.
absl::Status ListErrors(const kv::Kv& kv, uint32_t shard, const ordermesh::error::v1::ListErrorsRequest& request,
                        ordermesh::error::v1::ListErrorsResponse* response);

}  // namespace ordermesh::error_store
