// Statistics of several shards as one.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "ordermesh/order/v1/order_service.pb.h"

namespace ordermesh::cli {

// Adds counts and amounts of the same partner, currency and hour; the result is sorted as one shard's. OUT_OF_RANGE
// where a sum does not fit google.type.Money.
absl::StatusOr<order::v1::OrderStats> MergeOrderStats(const std::vector<order::v1::OrderStats>& shards);
error::v1::ErrorStats MergeErrorStats(const std::vector<error::v1::ErrorStats>& shards);

}  // namespace ordermesh::cli
