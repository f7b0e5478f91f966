// The Order that a row stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/order/v1/order.pb.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {

// Fills the fields that follow from position and head (id, times, ingest id) besides the stored ones; no raw payload.
// DATA_LOSS where the bytes are no row.
absl::Status DecodeOrder(std::string_view row, uint32_t shard, int64_t position, order::v1::Order* order);

// The same as bytes: the stored ones, and those fields behind them. They are not read: what is stored parsed when it
// came. `fields` is only kept for its memory.
absl::Status WriteOrderOf(std::string_view row, uint32_t shard, int64_t position, order::v1::Order& fields,
                          std::string* bytes);

// The stored fields only.
absl::StatusOr<order::v1::Order> DecodeStoredOrder(std::string_view row);

}  // namespace ordermesh::order_store
