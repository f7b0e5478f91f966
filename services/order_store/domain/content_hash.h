// What makes two orders the same order sent twice.
#pragma once

#include <cstdint>

namespace ordermesh::order_store {

// 128 bits over the normal form of an order.
struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const ContentHash&, const ContentHash&) = default;
};

// Equal for orders whose normal forms are (base/normal_order.h). The value is stored: it must never change for the same
// fields.
// `Order` is the message or an OrderView.
template <typename Order>
ContentHash HashContent(const Order& order);

}  // namespace ordermesh::order_store
