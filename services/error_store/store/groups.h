// Errors that are wrong in the same way.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ordermesh/error/v1/error_review_service.pb.h"
#include "services/common/kv/kv.h"

namespace ordermesh::error_store {

// One page of groups as the counters give them: those with most open errors first. `partner_id` narrows them; empty
// means all. RESOURCE_EXHAUSTED where there are more than one answer may look through.
absl::Status ListGroups(const kv::Kv& kv, uint32_t shard, absl::Time now,
                        const ordermesh::error::v1::ListErrorGroupsRequest& request, const std::string& partner_id,
                        ordermesh::error::v1::ListErrorGroupsResponse* response);

}  // namespace ordermesh::error_store
