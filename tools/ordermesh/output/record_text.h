// Orders, errors and verdicts as texts for people.
#pragma once

#include <string>

#include "google/protobuf/repeated_field.h"
#include "ordermesh/common/v1/delivery.pb.h"
#include "ordermesh/common/v1/verdict.pb.h"
#include "ordermesh/error/v1/error.pb.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "ordermesh/order/v1/order.pb.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {

using Violations = google::protobuf::RepeatedPtrField<common::v1::Violation>;

// Tables of a list, one row a record.
Table OrderTable();
void AddOrder(const order::v1::Order& order, Table& table);
Table ErrorTable();
void AddError(const error::v1::OrderError& error, Table& table);

// One line of a watch, its columns at fixed places because nobody knows what follows.
std::string OrderLine(const order::v1::Order& order);
std::string ErrorLine(const error::v1::OrderError& error);

// Everything about one record.
std::string OrderSheet(const order::v1::Order& order);
std::string ErrorSheet(const error::v1::OrderError& error);
std::string VerdictSheet(const common::v1::OrderVerdict& verdict);
std::string ViolationTable(const Violations& violations);
std::string DeliveryTable(const google::protobuf::RepeatedPtrField<common::v1::Delivery>& deliveries);

// Statistics.
std::string OrderStatsText(const order::v1::OrderStats& stats);
std::string ErrorStatsText(const error::v1::ErrorStats& stats);

}  // namespace ordermesh::cli
