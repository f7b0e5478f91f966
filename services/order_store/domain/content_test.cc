// What counts as the same content: HashContent and AppendDifferences must agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "services/common/base/limits.h"
#include "services/order_store/domain/content_hash.h"
#include "services/order_store/domain/differences.h"
#include "services/order_store/testing/orders.h"

namespace ordermesh::order_store {
namespace {

using order::v1::Order;

struct Change {
  const char* name;
  std::function<void(Order&)> apply;
  // The field and line of the violation; an empty field where the change does not count.
  const char* field;
  int line;
};

class ContentTest : public testing::TestWithParam<Change> {};

TEST_P(ContentTest, HashAndDifferencesAgree) {
  const Order order = MakeOrder("ORD-1", 42);
  Order changed = order;
  GetParam().apply(changed);
  Violations violations;
  AppendDifferences(order, changed, &violations);
  const bool counts = *GetParam().field != '\0';
  EXPECT_EQ(HashContent(order) == HashContent(changed), !counts);
  ASSERT_EQ(violations.size(), counts ? 1 : 0);
  if (!counts) return;
  EXPECT_EQ(violations[0].field(), GetParam().field);
  EXPECT_EQ(violations[0].line(), GetParam().line);
  EXPECT_EQ(violations[0].code(), common::v1::Violation::DIFFERS);
}

INSTANTIATE_TEST_SUITE_P(
    EveryField, ContentTest,
    testing::Values(
        Change{"SequenceNumber", [](Order& o) { o.set_sequence_number(43); }, "sequenceNumber", 0},
        Change{"NoSequenceNumber", [](Order& o) { o.clear_sequence_number(); }, "sequenceNumber", 0},
        Change{"Customer", [](Order& o) { o.set_customer_id("other"); }, "customerId", 0},
        Change{"TaxRate", [](Order& o) { o.set_tax_rate("0.19"); }, "taxRate", 0},
        Change{"TaxRateWritten", [](Order& o) { o.set_tax_rate("0.080"); }, "", 0},
        Change{"Currency", [](Order& o) { o.set_currency("EUR"); }, "currency", 0},
        Change{"Time", [](Order& o) { o.mutable_transaction_time()->set_nanos(1); }, "transactionTime", 0},
        Change{"Lines", [](Order& o) { *o.add_lines() = o.lines(0); }, "lines", 0},
        Change{"Product", [](Order& o) { o.mutable_lines(0)->set_product_id("other"); }, "productId", 1},
        Change{"Quantity", [](Order& o) { o.mutable_lines(0)->set_quantity("6"); }, "quantity", 1},
        Change{"QuantityWritten", [](Order& o) { o.mutable_lines(0)->set_quantity("5.00"); }, "", 0},
        Change{"QuantityNoNumber", [](Order& o) { o.mutable_lines(0)->set_quantity("five"); }, "quantity", 1},
        Change{"Price", [](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_units(30); }, "unitPrice", 1},
        Change{"Amount", [](Order& o) { o.mutable_net_amount()->set_units(1); }, "", 0},
        Change{"Mapping", [](Order& o) { o.set_mapping_version(2); }, "", 0},
        Change{"Raw", [](Order& o) { o.set_raw_payload("raw"); }, "", 0},
        Change{"Ids", [](Order& o) { o.set_id("id"), o.set_ingest_id("id"); }, "", 0}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ContentHashTest, TellsPartnersAndExternalIdsApart) {
  Order other = MakeOrder("ORD-1");
  other.set_partner_id("partner-b");
  EXPECT_NE(HashContent(MakeOrder("ORD-1")), HashContent(other));
  EXPECT_NE(HashContent(MakeOrder("ORD-1")), HashContent(MakeOrder("ORD-2")));
}

TEST(ContentHashTest, SeesTheLastOfManyLinesAndLongTexts) {
  Order order = MakeOrder("ORD-1");
  for (int i = 0; i < 500; ++i) *order.add_lines() = order.lines(0);
  order.mutable_lines(7)->set_product_id(std::string(3'000, 'p'));
  Order changed = order;
  changed.mutable_lines(500)->set_quantity("6");
  EXPECT_EQ(HashContent(order), HashContent(Order(order)));
  EXPECT_NE(HashContent(order), HashContent(changed));
}

TEST(ContentHashTest, NeverChanges) {
  const ContentHash hash = HashContent(MakeOrder("ORD-A-12345", 42));
  EXPECT_EQ(HashContent(MakeOrder("ORD-A-12345", 42)), hash);
  EXPECT_EQ(absl::StrCat(absl::Hex(hash.high, absl::kZeroPad16), absl::Hex(hash.low, absl::kZeroPad16)),
            "73f86f145b9443e04447ad05167c28af");
}

TEST(DifferencesTest, AreBoundedInNumberAndLength) {
  Order order = MakeOrder("ORD-1");
  for (int i = 0; i < 200; ++i) *order.add_lines() = order.lines(0);
  Order changed = order;
  for (auto& line : *changed.mutable_lines()) line.set_product_id(std::string(255, 'x') + "\xc3\xa4");
  Violations violations;
  AppendDifferences(order, changed, &violations);
  ASSERT_EQ(violations.size(), kMaxViolations);
  EXPECT_EQ(violations[0].value(), std::string(255, 'x'));
}

TEST(DifferencesTest, OfAReusedNumberNameNoOrder) {
  Violations violations;
  AppendSequenceReused(42, &violations);
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].field(), "sequenceNumber");
  EXPECT_EQ(violations[0].value(), "42");
}

}  // namespace
}  // namespace ordermesh::order_store
