#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "services/common/base/decimal.h"
#include "services/common/base/limits.h"
#include "services/validation/domain/partner_plan.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using order::v1::Order;

class CheckTypedTest : public testing::Test {
 protected:
  static Order Sample() {
    Order order;
    order.set_external_order_id("ORD-A-1");
    order.set_sequence_number(42);
    order.set_customer_id("CUST-1");
    order.set_tax_rate("0.080");
    order.set_currency("USD");
    order.mutable_transaction_time()->set_seconds(1'768'473'000);
    AddLine(order);
    return order;
  }

  static void AddLine(Order& order) {
    auto* line = order.add_lines();
    line->set_product_id("SKU-1");
    line->set_quantity("5.0");
    line->mutable_unit_price()->set_units(29);
    line->mutable_unit_price()->set_nanos(990'000'000);
  }

  // The violations of the sample with one change; an order with violations must stay as it came.
  static std::string Changed(const PartnerPlan& plan, const std::function<void(Order&)>& change) {
    Order order = Sample();
    change(order);
    const Order before = order;
    const absl::Time now = absl::FromUnixSeconds(1'768'473'000);
    const Outcome outcome = plan.CheckTyped(now, order);
    if (!outcome.violations.empty()) {
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(order, before));
    }
    ExpectTheSameOfBytes(plan, now, before, outcome, order);
    return Summary(outcome.violations);
  }

  // Looked at as bytes an order gets the same outcome, and becomes the same bytes. False where it is not looked at.
  static bool ExpectTheSameOfBytes(const PartnerPlan& plan, absl::Time now, const Order& order, const Outcome& outcome,
                                   const Order& completed) {
    const std::string came = order.SerializeAsString();
    OrderView view;
    if (!view.Read(came)) return false;
    std::string bytes;
    const Outcome of_bytes = plan.CheckTyped(now, view, bytes);
    EXPECT_EQ(Summary(of_bytes.violations), Summary(outcome.violations));
    EXPECT_EQ(of_bytes.violations.size(), outcome.violations.size());
    for (int i = 0; i < std::min(of_bytes.violations.size(), outcome.violations.size()); ++i) {
      EXPECT_EQ(of_bytes.violations[i].SerializeAsString(), outcome.violations[i].SerializeAsString());
    }
    EXPECT_EQ(of_bytes.mapped, outcome.mapped);
    EXPECT_EQ(of_bytes.readable, outcome.readable);
    if (!outcome.violations.empty()) {
      EXPECT_EQ(bytes, "");
    } else {
      EXPECT_EQ(bytes, completed.SerializeAsString());
    }
    return true;
  }
};

TEST_F(CheckTypedTest, BytesAreCheckedAndCompletedAsMessagesAre) {
  std::mt19937 random(11);
  const auto one_of = [&random](std::initializer_list<std::string_view> texts) {
    return std::string(texts.begin()[random() % texts.size()]);
  };
  const auto plan = ShippedPlan("partner-a");
  const absl::Time now = absl::FromUnixSeconds(1'768'473'000);
  const std::string long_id(128, 'x');
  int valid = 0, looked_at = 0;
  for (int round = 0; round < 3'000; ++round) {
    Order order = Sample();
    while (order.lines_size() < static_cast<int>(1 + random() % 40)) AddLine(order);
    for (auto& line : *order.mutable_lines()) {
      if (random() % 4 == 0) line.set_product_id(one_of({"SKU-1", "a", long_id, "", "K\xc3\xb6ln"}));
      if (random() % 2 == 0) {
        line.set_quantity(one_of({"1", "5.0", "1e2", "0.250", "999999999999", "12.500000001", "1E-9"}));
      }
      if (random() % 50 == 0) line.set_quantity(one_of({"-1", "", "x", "1e12", "0", "0.0000000001"}));
      if (random() % 2 == 0) line.mutable_unit_price()->set_units(random() % 100'000);
      if (random() % 50 == 0) line.mutable_unit_price()->set_nanos(static_cast<int32_t>(random()));
      if (random() % 50 == 0) line.clear_unit_price();
      if (random() % 3 == 0) line.mutable_unit_price()->set_currency_code(one_of({"USD", "", "USD", "EUR"}));
    }
    if (random() % 3 == 0) order.set_customer_id(one_of({long_id, "C", "customer-1"}));
    if (random() % 3 == 0) order.set_tax_rate(one_of({"", "0", "1", "0.19", "0.5000", "2", "1e-2"}));
    if (random() % 3 == 0) order.set_sequence_number(random() % 2 == 0 ? 0 : int64_t{1} << 60);
    if (random() % 9 == 0) order.set_partner_id(one_of({"partner-a", "partner-b"}));
    if (random() % 9 == 0) order.mutable_transaction_time()->set_nanos(static_cast<int32_t>(random() % 1'000'000'000));
    if (random() % 5 == 0) order.set_raw_payload("{}");
    if (random() % 5 == 0) order.mutable_gross_amount()->set_units(7);
    if (random() % 5 == 0) order.set_ingest_id("mine");
    if (random() % 5 == 0) order.set_trace_id("mine");
    Order completed = order;
    const Outcome outcome = plan->CheckTyped(now, completed);
    valid += outcome.violations.empty();
    looked_at += ExpectTheSameOfBytes(*plan, now, order, outcome, completed);
  }
  EXPECT_GT(valid, 300);
  EXPECT_GT(looked_at, 1'000);
}

TEST_F(CheckTypedTest, CompletesAValidOrder) {
  Order order = Sample();
  order.set_id("mine");
  order.set_ingest_id("mine");
  order.set_trace_id("mine");
  order.set_raw_payload("mine");
  order.mutable_gross_amount()->set_units(1);
  order.mutable_received_time();
  order.mutable_processed_at();
  const Outcome outcome = ShippedPlan("partner-a")->CheckTyped(absl::UnixEpoch(), order);
  ASSERT_EQ(Summary(outcome.violations), "");
  EXPECT_TRUE(outcome.readable);
  EXPECT_TRUE(outcome.mapped);
  EXPECT_EQ(Decimal::FromMoney(order.gross_amount())->ToString(), "149.95");
  EXPECT_EQ(Decimal::FromMoney(order.tax_amount())->ToString(), "11.996");
  EXPECT_EQ(Decimal::FromMoney(order.net_amount())->ToString(), "161.946");
  EXPECT_EQ(order.lines(0).quantity(), "5");
  EXPECT_EQ(order.lines(0).unit_price().currency_code(), "USD");
  EXPECT_EQ(order.tax_rate(), "0.08");
  EXPECT_EQ(order.partner_id(), "partner-a");
  EXPECT_EQ(order.mapping_version(), kTestVersion);
  EXPECT_EQ(order.id() + order.ingest_id() + order.trace_id() + order.raw_payload(), "");
  EXPECT_FALSE(order.has_received_time());
  EXPECT_FALSE(order.has_processed_at());
}

TEST_F(CheckTypedTest, NamesEachFaultOnce) {
  const auto plan = ShippedPlan("partner-a");
  const struct {
    std::function<void(Order&)> change;
    std::string expected;
  } cases[] = {
      {[](Order& o) { o.set_partner_id("partner-a"); }, ""},
      {[](Order& o) { o.set_partner_id("partner-b"); }, "MISMATCH partnerId"},
      {[](Order& o) { o.clear_external_order_id(); }, "REQUIRED externalOrderId"},
      {[](Order& o) { o.set_external_order_id(std::string(kMaxIdBytes + 1, 'x')); }, "LENGTH externalOrderId"},
      {[](Order& o) { o.clear_sequence_number(); }, "REQUIRED sequenceNumber"},
      {[](Order& o) { o.set_sequence_number(-1); }, "RANGE sequenceNumber"},
      {[](Order& o) { o.set_sequence_number(INT64_MIN); }, "OUT_OF_RANGE sequenceNumber"},
      {[](Order& o) { o.clear_customer_id(); }, "REQUIRED customerId"},
      {[](Order& o) { o.set_tax_rate("2"); }, "RANGE taxRate"},
      {[](Order& o) { o.set_tax_rate("x"); }, "TYPE taxRate"},
      {[](Order& o) { o.set_tax_rate("1e99"); }, "OUT_OF_RANGE taxRate"},
      {[](Order& o) { o.clear_tax_rate(); }, "REQUIRED taxRate"},
      {[](Order& o) { o.set_currency("XXX"); }, "ENUM currency"},
      {[](Order& o) { o.clear_currency(); }, "REQUIRED currency"},
      {[](Order& o) { o.clear_transaction_time(); }, "REQUIRED transactionTime"},
      {[](Order& o) { o.mutable_transaction_time()->set_nanos(-1); }, "OUT_OF_RANGE transactionTime"},
      {[](Order& o) { o.mutable_transaction_time()->set_seconds(INT64_MAX); }, "OUT_OF_RANGE transactionTime"},
      {[](Order& o) { o.clear_lines(); }, "REQUIRED lines"},
      {[](Order& o) { o.mutable_lines(0)->clear_product_id(); }, "REQUIRED productId:1"},
      {[](Order& o) { o.mutable_lines(0)->set_quantity("0"); }, "RANGE quantity:1"},
      {[](Order& o) { o.mutable_lines(0)->clear_quantity(); }, "REQUIRED quantity:1"},
      {[](Order& o) { o.mutable_lines(0)->set_quantity("05"); }, "TYPE quantity:1"},
      {[](Order& o) { o.mutable_lines(0)->set_quantity("0.1234567891"); }, "OUT_OF_RANGE quantity:1"},
      {[](Order& o) { o.mutable_lines(0)->clear_unit_price(); }, "REQUIRED unitPrice:1"},
      {[](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_units(-1); }, "OUT_OF_RANGE unitPrice:1"},
      {[](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_nanos(1'000'000'000); },
       "OUT_OF_RANGE unitPrice:1"},
      {[](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_units(1'000'000'000'000); },
       "OUT_OF_RANGE unitPrice:1"},
      {[](Order& o) { o.mutable_lines(0)->mutable_unit_price()->Clear(); }, "RANGE unitPrice:1"},
      {[](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_currency_code("EUR"); }, "MISMATCH currency:1"},
      {[](Order& o) { o.mutable_lines(0)->set_quantity("0.123456789"); }, "OUT_OF_RANGE grossAmount"},
      {[](Order& o) { AddLine(o), o.mutable_lines(1)->set_quantity("-1"); }, "RANGE quantity:2"},
  };
  for (const auto& c : cases) EXPECT_EQ(Changed(*plan, c.change), c.expected);
}

TEST_F(CheckTypedTest, RefusesANumberFromAPartnerThatHasNone) {
  const auto plan = ShippedPlan("partner-b");
  EXPECT_EQ(Changed(*plan, [](Order&) {}), "MISMATCH sequenceNumber");
  EXPECT_EQ(Changed(*plan, [](Order& o) { o.clear_sequence_number(); }), "");
}

TEST_F(CheckTypedTest, AppliesThePartnersOwnRules) {
  const auto plan = PlanOf(R"(
version: 1
fields:
  externalOrderId: {from: id, pattern: "ORD-.*"}
  customerId: who
  currency: {from: currency, enum: [USD]}
  transactionTime: {from: at, window: {past: 1d}}
lines:
  from: rows
  max: 2
  fields:
    productId: {from: sku, unique: true}
    quantity: {from: n, unique: true, range: {max: 10}}
    unitPrice: cost
rules:
  - {field: grossAmount, check: "@grossAmount < 1000", code: RANGE}
  - {field: total, check: "total == 1"}
)");
  const auto changed = [&](const std::function<void(Order&)>& change) {
    return Changed(*plan, [&](Order& o) { o.clear_sequence_number(), o.clear_tax_rate(), change(o); });
  };
  EXPECT_EQ(changed([](Order&) {}), "");
  EXPECT_EQ(changed([](Order& o) { o.set_external_order_id("X"); }), "PATTERN externalOrderId");
  EXPECT_EQ(changed([](Order& o) { o.set_currency("EUR"); }), "ENUM currency");
  EXPECT_EQ(changed([](Order& o) { o.mutable_transaction_time()->set_seconds(0); }), "TIME_WINDOW transactionTime");
  EXPECT_EQ(changed([](Order& o) { AddLine(o); }), "UNIQUE productId:2, UNIQUE quantity:2");
  EXPECT_EQ(changed([](Order& o) {
              AddLine(o), AddLine(o), o.mutable_lines(1)->set_quantity("1"), o.mutable_lines(2)->set_quantity("2");
            }),
            "LENGTH lines, UNIQUE productId:2, UNIQUE productId:3");
  EXPECT_EQ(changed([](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_units(500); }), "RANGE grossAmount");
}

}  // namespace
}  // namespace ordermesh::validation
