// Orders as bytes: how they travel between our services (docs/adr/2026-11-21-order-bytes-are-forwarded.md).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh {

// Writes `order`, which has no raw payload of its own, with `raw_payload` behind it as the last field, where that is
// not empty: there it can be cut off again without moving anything. The bytes parse as an Order.
void WriteOrder(const order::v1::Order& order, std::string_view raw_payload, std::string& bytes);

// A message that is filled again for every order and keeps its memory. One a thread: not thread-safe.
class OrderScratch {
 public:
  // The message to fill with an order of about so many bytes; what it holds is of no use.
  order::v1::Order& Next(size_t bytes);
  // Null where the bytes are no order. Valid until the next order.
  order::v1::Order* Parse(std::string_view bytes);

 private:
  std::unique_ptr<order::v1::Order> order_ = std::make_unique<order::v1::Order>();
  // Bytes of orders since its memory was looked at.
  size_t since_look_ = 0;
};

}  // namespace ordermesh
