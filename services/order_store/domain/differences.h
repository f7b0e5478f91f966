// Which input fields keep an order from being a replay.
#pragma once

#include <string_view>

#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/common/v1/verdict.pb.h"
#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh::order_store {

using Violations = google::protobuf::RepeatedPtrField<common::v1::Violation>;

// One violation DIFFERS for each input field of `order` that differs from `holder`, with the value of `order`; compared
// as HashContent compares. Lines are compared one by one; another number of lines is the field `lines`. At most
// kMaxViolations.
void AppendDifferences(const order::v1::Order& holder, const order::v1::Order& order, Violations* violations);

// The one violation of SEQUENCE_REUSED: it names no order.
void AppendSequenceReused(int64_t sequence_number, Violations* violations);

}  // namespace ordermesh::order_store
