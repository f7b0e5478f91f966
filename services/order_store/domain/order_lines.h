// Orders for spreadsheets.
#pragma once

#include <string>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/record_lines.h"

namespace ordermesh::order_store {

// The names of the columns, and an order under them.
std::string OrderCsvHeader();
std::string OrderCsvLine(const order::v1::Order& order);

}  // namespace ordermesh::order_store
