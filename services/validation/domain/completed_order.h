// What a typed order becomes when it is found valid.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/order_view.h"
#include "services/validation/domain/amounts.h"

namespace ordermesh::validation {

// What is added to the order as it came, or replaces what came.
struct Completion {
  std::string_view partner_id;
  int32_t mapping_version = 0;
  // Normalised.
  std::string tax_rate;
  OrderAmounts amounts;
};

// Completes a message in place: output-only fields are the completion's or cleared, decimals normalised, and each price
// is in the order's currency.
void Complete(const Completion& completion, order::v1::Order& order);

// The same of an order that is looked at as bytes: `bytes` becomes exactly the message's bytes.
void WriteCompleted(const OrderView& order, const Completion& completion, std::string& bytes);

}  // namespace ordermesh::validation
