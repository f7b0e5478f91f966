// What makes two orders the same order sent twice.
#pragma once

#include <cstdint>

#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh::order_store {

// 128 bits over the normal form of an order.
struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const ContentHash&, const ContentHash&) = default;
};

// Equal for orders whose normal forms are (base/normal_order.h). The value is stored: it must never change for the same
// fields.
ContentHash HashContent(const order::v1::Order& order);

}  // namespace ordermesh::order_store
