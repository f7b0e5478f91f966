// The normal form of an order: what "same content" means.
#pragma once

#include <string>

namespace ordermesh {

// Bytes that are equal exactly when the input fields are: partner, external id, sequence number, lines, customer, tax
// rate, currency and transaction time. 29.9 equals 29.90. Not our ids, amounts, times, mapping version, nor the raw
// payload. A number that cannot be read stands for itself, so that refused orders have a normal form too.
//
//   form  = partner external_id sequence customer currency tax_rate time count line*
//   line  = product quantity price
//   each text is written as length:u32le bytes
//
// `Order` is the message or an OrderView (base/order_view.h).
template <typename Order>
void AppendNormalForm(const Order& order, std::string* form);

}  // namespace ordermesh
