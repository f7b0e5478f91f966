#include "services/feed/domain/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"

namespace ordermesh::feed {
namespace {

using internal::v1::OrderInput;
using internal::v1::SubmitOrderRequest;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

OrderInput InputOf(const order::v1::Order& order) {
  OrderInput input;
  input.set_order(order.SerializeAsString());
  return input;
}

TEST(SubmissionTest, PartnerIdsAreCheckedInTheirOrder) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"", "partner_id: is required"},       {std::string(65, 'a'), "partner_id: is longer"},
      {"Partner-A", "partner_id: may hold"}, {"partner_a", "partner_id: may hold"},
      {"partner a", "partner_id: may hold"}, {std::string("a\0b", 3), "partner_id: may hold"},
  };
  for (const auto& [partner_id, message] : refused) {
    const absl::Status status = CheckPartnerId(partner_id);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << partner_id;
    EXPECT_THAT(std::string(status.message()), StartsWith(message));
  }
  EXPECT_TRUE(CheckPartnerId("partner-a").ok());
  EXPECT_TRUE(CheckPartnerId(std::string(64, '9')).ok());
}

TEST(SubmissionTest, AMessageHoldsOneToTenThousandOrders) {
  EXPECT_FALSE(CheckOrderCount(0).ok());
  EXPECT_TRUE(CheckOrderCount(1).ok());
  EXPECT_TRUE(CheckOrderCount(10'000).ok());
  EXPECT_FALSE(CheckOrderCount(10'001).ok());
}

TEST(SubmissionTest, ContentMustBeThereAndFit) {
  OrderInput input;
  EXPECT_THAT(std::string(CheckContent(input).message()), StartsWith("content: is required"));
  input.set_raw_payload(std::string(kMaxOrderBytes, 'x'));
  EXPECT_TRUE(CheckContent(input).ok());
  input.mutable_raw_payload()->push_back('x');
  EXPECT_THAT(std::string(CheckContent(input).message()), StartsWith("raw_payload: is 1048577 bytes"));
  input.set_order(std::string(kMaxOrderBytes + 1, 'x'));
  EXPECT_THAT(std::string(CheckContent(input).message()), StartsWith("order: is 1048577 bytes"));
  input.set_order(std::string(kMaxOrderBytes, 'x'));
  EXPECT_TRUE(CheckContent(input).ok());
}

TEST(SubmissionTest, CardDataAreFoundInEveryFieldOfATypedOrder) {
  const std::string card = "4111 1111 1111 1111";
  constexpr int64_t kCard = 4111111111111111;
  using order::v1::Order;
  const std::vector<std::pair<std::string, std::function<void(Order&)>>> cases = {
      {"order.external_order_id", [&](Order& o) { o.set_external_order_id(card); }},
      {"order.customer_id", [&](Order& o) { o.set_customer_id(card); }},
      {"order.tax_rate", [&](Order& o) { o.set_tax_rate(card); }},
      {"order.currency", [&](Order& o) { o.set_currency(card); }},
      {"order.sequence_number", [](Order& o) { o.set_sequence_number(kCard); }},
      {"order.lines[1].product_id", [&](Order& o) { o.mutable_lines(1)->set_product_id(card); }},
      {"order.lines[1].quantity", [&](Order& o) { o.mutable_lines(1)->set_quantity(card); }},
      {"order.lines[0].unit_price", [](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_units(kCard); }},
      {"order.lines[0].unit_price",
       [&](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_currency_code(card); }},
      {"order.id", [&](Order& o) { o.set_id(card); }},
      {"order.partner_id", [&](Order& o) { o.set_partner_id(card); }},
      {"order.ingest_id", [&](Order& o) { o.set_ingest_id(card); }},
      {"order.gross_amount", [](Order& o) { o.mutable_gross_amount()->set_units(kCard); }},
      {"order.tax_amount", [](Order& o) { o.mutable_tax_amount()->set_units(kCard); }},
      {"order.net_amount", [&](Order& o) { o.mutable_net_amount()->set_currency_code(card); }},
      {"order.raw_payload", [&](Order& o) { o.set_raw_payload(card); }},
      {"order.customer_id", [](Order& o) { o.set_customer_id("cvv: 123"); }},
  };
  for (const auto& [field, change] : cases) {
    Order order;
    order.set_external_order_id("ORD-1");
    order.add_lines()->set_product_id("SKU-1");
    order.add_lines()->set_product_id("SKU-2");
    OrderInput input = InputOf(order);
    EXPECT_TRUE(CheckCardData(input, "").ok());
    change(order);
    // As it is looked into without a message being made of it, and with one: it has an unknown field.
    OrderInput usual = InputOf(order);
    OrderInput unusual = InputOf(order);
    unusual.mutable_order()->append("\xa0\x38\x01");
    for (OrderInput* checked : {&usual, &unusual}) {
      const absl::Status status = CheckCardData(*checked, "orders[7].");
      EXPECT_EQ(ReasonOf(status), "CARD_NUMBER") << field;
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(std::string(status.message()), StartsWith("orders[7]." + field + ": byte "));
    }
  }
}

TEST(SubmissionTest, ARefusalNamesTheByteAndNeverTheValue) {
  SubmitOrderRequest request;
  request.set_raw_payload(R"({"pan": "5555-5555-5555-4444"})");
  const absl::Status status = CheckCardData(request, "");
  EXPECT_THAT(std::string(status.message()), StartsWith("raw_payload: byte 9 begins a payment card number"));
  EXPECT_THAT(ToProto(status).SerializeAsString(), Not(HasSubstr("5555")));
  request.set_raw_payload(R"({"cvv": "987"})");
  EXPECT_THAT(std::string(CheckCardData(request, "").message()),
              StartsWith("raw_payload: byte 9 begins a card's security code"));
  EXPECT_THAT(ToProto(CheckCardData(request, "")).SerializeAsString(), Not(HasSubstr("987")));
}

TEST(SubmissionTest, NothingTravelsInFieldsThatTheMeshDoesNotKnow) {
  const auto with_unknown = [](google::protobuf::Message& message) {
    message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(900, "4111111111111111");
  };
  order::v1::Order in_order, in_line, in_price;
  with_unknown(in_order);
  with_unknown(*in_line.add_lines());
  with_unknown(*in_price.add_lines()->mutable_unit_price());
  for (const auto& order : {in_order, in_line, in_price}) {
    OrderInput input = InputOf(order);
    EXPECT_TRUE(CheckCardData(input, "").ok());
    EXPECT_THAT(ToInbound(input, {})->SerializeAsString(), Not(HasSubstr("4111")));
  }
}

TEST(SubmissionTest, NothingTravelsInAValueThatALaterOneReplaces) {
  OrderInput input;
  input.set_order(
      "\x32\x10"
      "4111111111111111"
      "\x32\x01"
      "c");
  EXPECT_TRUE(CheckCardData(input, "").ok());
  EXPECT_EQ(input.order(),
            "\x32\x01"
            "c");
}

TEST(SubmissionTest, WhatIsNoMessageIsRefusedByName) {
  for (const std::string bytes : {"\x32\x10"
                                  "short",
                                  "\x32\x01\xff", "no order"}) {
    OrderInput input;
    input.set_order(bytes);
    const absl::Status status = CheckCardData(input, "orders[7].");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), StartsWith("orders[7].order: is no valid message"));
  }
}

TEST(SubmissionTest, TextsOfAllTheWorldGoOnAsTheyCame) {
  order::v1::Order order;
  order.set_customer_id("K\xc3\xb6ln");
  OrderInput input = InputOf(order);
  EXPECT_TRUE(CheckCardData(input, "").ok());
  EXPECT_EQ(input.order(), order.SerializeAsString());
}

TEST(SubmissionTest, TheInboundOrderTakesTheContentAndTheId) {
  SubmitOrderRequest request;
  request.set_raw_payload("{\"a\": \xff}");
  auto inbound = ToInbound(request, {7, 9});
  EXPECT_EQ(inbound->raw_payload(), "{\"a\": \xff}");
  EXPECT_EQ(inbound->ingest_id_high(), 7u);
  EXPECT_EQ(inbound->ingest_id_low(), 9u);
  request.set_order("X");
  inbound = ToInbound(request, {7, 9});
  EXPECT_EQ(inbound->order(), "X");
  EXPECT_FALSE(inbound->park());
}

}  // namespace
}  // namespace ordermesh::feed
