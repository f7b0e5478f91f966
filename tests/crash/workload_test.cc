#include "tests/crash/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace ordermesh::crash {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSeed = 42;

uint64_t FirstOf(const Workload& workload, Shape shape) {
  uint64_t number = 0;
  while (workload.ShapeOf(number) != shape) ++number;
  return number;
}

TEST(WorkloadTest, GivesTheSameOrderForTheSameNumber) {
  const Workload workload(kSeed);
  const Workload again(kSeed);
  for (uint64_t number = 0; number < 100; ++number) {
    EXPECT_EQ(workload.Input(number).SerializeAsString(), again.Input(number).SerializeAsString());
    EXPECT_EQ(DifferingField(workload.Expected(number), again.Expected(number)), "");
  }
}

TEST(WorkloadTest, NumbersPartnerAWithoutAHole) {
  const Workload workload(kSeed);
  int64_t last = 0;
  for (uint64_t number = 0; number < 1'000; ++number) {
    const auto order = workload.Expected(number);
    if (order.partner_id() != "partner-a") {
      EXPECT_FALSE(order.has_sequence_number());
      continue;
    }
    EXPECT_EQ(order.sequence_number(), last + 1);
    last = order.sequence_number();
  }
}

TEST(WorkloadTest, FindsTheNumberOfAnExternalId) {
  const Workload workload(kSeed);
  EXPECT_EQ(workload.NumberOf(workload.ExternalIdOf(77)), 77);
  EXPECT_EQ(workload.NumberOf(Workload(kSeed + 1).ExternalIdOf(77)), std::nullopt);
  for (const char* foreign : {"", "-", "nonsense", "0123-77", "0123456789abcdef-x"}) {
    EXPECT_EQ(workload.NumberOf(foreign), std::nullopt) << foreign;
  }
}

TEST(WorkloadTest, SendsEveryShape) {
  const Workload workload(kSeed, 18);
  EXPECT_TRUE(workload.Input(FirstOf(workload, Shape::kTypedA)).has_order());
  const auto raw_a = nlohmann::json::parse(workload.Input(FirstOf(workload, Shape::kRawA)).raw_payload());
  EXPECT_EQ(raw_a["externalOrderId"], workload.ExternalIdOf(FirstOf(workload, Shape::kRawA)));
  const auto raw_b = nlohmann::json::parse(workload.Input(FirstOf(workload, Shape::kRawB)).raw_payload());
  EXPECT_EQ(raw_b["order"]["ref"], workload.ExternalIdOf(FirstOf(workload, Shape::kRawB)));
  const auto invalid = nlohmann::json::parse(workload.Input(FirstOf(workload, Shape::kInvalidB)).raw_payload());
  EXPECT_EQ(invalid["items"][0]["qty"], -1);
  EXPECT_THAT(workload.Input(18).raw_payload(), HasSubstr(Workload::kPoisonMark));
}

TEST(WorkloadTest, OnlyInvalidAndPoisonAreInvalid) {
  const Workload workload(kSeed, 18);
  EXPECT_TRUE(workload.IsValid(0));
  EXPECT_FALSE(workload.IsValid(18));
  EXPECT_FALSE(workload.IsValid(FirstOf(workload, Shape::kInvalidB)));
}

TEST(WorkloadTest, AlteredOrderKeepsItsIdentity) {
  const Workload workload(kSeed);
  const auto order = workload.Expected(3);
  const auto altered = workload.Expected(3, true);
  EXPECT_EQ(altered.external_order_id(), order.external_order_id());
  EXPECT_EQ(altered.sequence_number(), order.sequence_number());
  EXPECT_EQ(DifferingField(order, altered), "lines");
}

TEST(WorkloadTest, ComputesExactAmounts) {
  const Workload workload(kSeed);
  auto order = workload.Expected(0);
  ASSERT_EQ(order.lines_size(), 1);
  const auto gross = std::stoi(order.lines(0).quantity()) *
                     (order.lines(0).unit_price().units() * 1'000'000'000 + order.lines(0).unit_price().nanos());
  EXPECT_EQ(order.gross_amount().units() * 1'000'000'000 + order.gross_amount().nanos(), gross);
  EXPECT_EQ(order.tax_amount().units() * 1'000'000'000 + order.tax_amount().nanos(), gross / 100 * 8);
}

TEST(DifferingFieldTest, NamesEachField) {
  const auto order = Workload(kSeed).Expected(0);
  const auto differs = [&order](auto change) {
    auto other = order;
    change(other);
    return DifferingField(order, other);
  };
  EXPECT_EQ(differs([](auto& o) { o.set_partner_id("x"); }), "partnerId");
  EXPECT_EQ(differs([](auto& o) { o.set_external_order_id("x"); }), "externalOrderId");
  EXPECT_EQ(differs([](auto& o) { o.clear_sequence_number(); }), "sequenceNumber");
  EXPECT_EQ(differs([](auto& o) { o.mutable_lines(0)->set_product_id("x"); }), "lines");
  EXPECT_EQ(differs([](auto& o) { o.add_lines(); }), "lines");
  EXPECT_EQ(differs([](auto& o) { o.set_customer_id("x"); }), "customerId");
  EXPECT_EQ(differs([](auto& o) { o.set_tax_rate("0.09"); }), "taxRate");
  EXPECT_EQ(differs([](auto& o) { o.mutable_gross_amount()->set_nanos(1); }), "grossAmount");
  EXPECT_EQ(differs([](auto& o) { o.mutable_tax_amount()->set_nanos(1); }), "taxAmount");
  EXPECT_EQ(differs([](auto& o) { o.mutable_net_amount()->set_nanos(1); }), "netAmount");
  EXPECT_EQ(differs([](auto& o) { o.set_currency("EUR"); }), "currency");
  EXPECT_EQ(differs([](auto& o) { o.mutable_transaction_time()->set_seconds(1); }), "transactionTime");
  EXPECT_EQ(differs([](auto& o) { o.set_tax_rate("0.080"); }), "");
}

}  // namespace
}  // namespace ordermesh::crash
