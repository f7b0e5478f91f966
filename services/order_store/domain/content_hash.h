// What makes two orders the same order sent twice.
#pragma once

#include <cstdint>

#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh::order_store {

// 128 bits over the normalised input fields of an order.
struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const ContentHash&, const ContentHash&) = default;
};

// Equal for orders with equal input fields: partner, external id, sequence number, lines, customer, tax rate, currency
// and transaction time. Numbers count by value (29.9 equals 29.90, no tax rate equals 0). Amounts, our own times,
// ingest id, mapping version and raw payload do not count. The value is stored: it must never change for the same
// fields.
ContentHash HashContent(const order::v1::Order& order);

}  // namespace ordermesh::order_store
