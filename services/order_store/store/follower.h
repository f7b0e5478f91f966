// Follows the log from a position: what is stored first, then what the writer has just written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ordermesh/order/internal/v1/watched_orders.pb.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "services/common/base/order_view.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/recent.h"

namespace ordermesh::order_store {

// Not thread-safe: one watch, one follower. It holds nothing of the writer, so a slow watch never blocks it.
class Follower {
 public:
  Follower(const Log& log, const Recent& recent, uint32_t shard, const order::v1::WatchOrdersRequest& request);

  // Fills the next message. False where there is nothing new yet. A message without orders only moves the position.
  absl::StatusOr<bool> Next(order::internal::v1::WatchOrdersResponse* response);
  // The last position that was seen.
  int64_t position() const { return position_; }

 private:
  absl::Status Add(std::string_view row, order::internal::v1::WatchOrdersResponse* response);
  // Whether the watch wants the order of a row.
  absl::StatusOr<bool> Wants(std::string_view row);

  const Log& log_;
  const Recent& recent_;
  const uint32_t shard_;
  const std::string partner_id_;
  const int max_batch_;
  int64_t position_;
  // Kept from one order to the next for their memory.
  OrderView view_;
  order::v1::Order fields_;
};

}  // namespace ordermesh::order_store
