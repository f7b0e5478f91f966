// The statistics of a shard, read from its counters.
#pragma once

#include "absl/status/statusor.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "services/common/kv/kv.h"

namespace ordermesh::order_store {

// From one state of the store: totals, partners and hours agree. INVALID_ARGUMENT for a bad time range.
absl::StatusOr<order::v1::OrderStats> ReadStats(const kv::Kv& kv, const order::v1::GetOrderStatsRequest& request);

}  // namespace ordermesh::order_store
