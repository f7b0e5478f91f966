// Every refusal of the order-store that is not about one request field.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace ordermesh::order_store {

// The same for a missing, a malformed and another shard's id.
absl::Status OrderNotFound();

// A watch may not start where no order is yet.
absl::Status PositionPastEnd(int64_t after_position, int64_t end);

}  // namespace ordermesh::order_store
