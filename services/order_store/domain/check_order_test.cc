#include "services/order_store/domain/check_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "services/order_store/domain/errors.h"
#include "services/order_store/testing/orders.h"

namespace ordermesh::order_store {
namespace {

using order::v1::Order;

TEST(CheckOrderTest, AcceptsAndSumsTheWorkedSample) {
  OrderSums sums;
  ASSERT_EQ(CheckOrder(MakeOrder("ORD-1", 0), &sums), absl::OkStatus());
  EXPECT_EQ(static_cast<int64_t>(sums.gross), 149'950'000'000);
  EXPECT_EQ(static_cast<int64_t>(sums.tax), 11'996'000'000);
  EXPECT_EQ(static_cast<int64_t>(sums.net), 161'946'000'000);
}

struct Refused {
  const char* field;
  std::function<void(Order&)> apply;
};

class CheckOrderRefusalTest : public testing::TestWithParam<Refused> {};

TEST_P(CheckOrderRefusalTest, NamesTheField) {
  Order order = MakeOrder("ORD-1");
  GetParam().apply(order);
  OrderSums sums;
  const absl::Status status = CheckOrder(order, &sums);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::StartsWith(std::string(GetParam().field) + ":"));
}

INSTANTIATE_TEST_SUITE_P(
    EveryRefusal, CheckOrderRefusalTest,
    testing::Values(Refused{"partner_id", [](Order& o) { o.clear_partner_id(); }},
                    Refused{"partner_id", [](Order& o) { o.set_partner_id("Partner"); }},
                    Refused{"partner_id", [](Order& o) { o.set_partner_id(std::string(65, 'a')); }},
                    Refused{"external_order_id", [](Order& o) { o.clear_external_order_id(); }},
                    Refused{"external_order_id", [](Order& o) { o.set_external_order_id(std::string(129, 'a')); }},
                    Refused{"sequence_number", [](Order& o) { o.set_sequence_number(-1); }},
                    Refused{"lines", [](Order& o) { o.clear_lines(); }},
                    Refused{"lines.product_id", [](Order& o) { o.mutable_lines(0)->clear_product_id(); }},
                    Refused{"customer_id", [](Order& o) { o.clear_customer_id(); }},
                    Refused{"currency", [](Order& o) { o.set_currency("EURO"); }},
                    Refused{"gross_amount", [](Order& o) { o.mutable_gross_amount()->set_nanos(1'000'000'000); }},
                    Refused{"tax_amount", [](Order& o) { o.mutable_tax_amount()->set_nanos(-1); }},
                    Refused{"net_amount", [](Order& o) { o.mutable_net_amount()->set_units(-1); }}));

TEST(RefusalsTest, HaveTheirCodes) {
  EXPECT_EQ(OrderNotFound().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(PositionPastEnd(2, 1).code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace ordermesh::order_store
