// What the store asks of an order before it decides. The partner's rules are validation's; this only keeps what cannot
// be stored, keyed or summed from getting in.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace ordermesh::order_store {

// The amounts of an order in nanos of its currency, for the sums.
struct OrderSums {
  __int128 gross = 0;
  __int128 tax = 0;
  __int128 net = 0;
};

// INVALID_ARGUMENT that names the field. In the order of the fields: partner_id, external_order_id.
absl::Status CheckIdentity(std::string_view partner_id, std::string_view external_order_id);

// INVALID_ARGUMENT that names the first bad field. In this order: identity, sequence_number, lines, customer_id,
// currency, amounts. Fills `sums`. `Order` is the message or an OrderView.
template <typename Order>
absl::Status CheckOrder(const Order& order, OrderSums* sums);

}  // namespace ordermesh::order_store
