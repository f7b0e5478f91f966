#include "services/feed/domain/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"

namespace ordermesh::feed {
namespace {

using ::testing::StartsWith;

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
  v1::OrderInput input;
  EXPECT_THAT(std::string(CheckContent(input).message()), StartsWith("content: is required"));
  input.set_raw_payload(std::string(kMaxOrderBytes, 'x'));
  EXPECT_TRUE(CheckContent(input).ok());
  input.mutable_raw_payload()->push_back('x');
  EXPECT_THAT(std::string(CheckContent(input).message()), StartsWith("raw_payload: is 1048577 bytes"));
  input.mutable_order()->set_customer_id(std::string(kMaxOrderBytes, 'x'));
  EXPECT_THAT(std::string(CheckContent(input).message()), StartsWith("order: is"));
  input.mutable_order()->set_customer_id("c");
  EXPECT_TRUE(CheckContent(input).ok());
}

TEST(SubmissionTest, TheInboundOrderTakesTheContentAndTheId) {
  v1::SubmitOrderRequest request;
  request.set_raw_payload("{\"a\": \xff}");
  auto inbound = ToInbound(request, {7, 9});
  EXPECT_EQ(inbound->raw_payload(), "{\"a\": \xff}");
  EXPECT_EQ(inbound->ingest_id_high(), 7u);
  EXPECT_EQ(inbound->ingest_id_low(), 9u);
  request.mutable_order()->set_external_order_id("X");
  inbound = ToInbound(request, {7, 9});
  EXPECT_EQ(inbound->order().external_order_id(), "X");
  EXPECT_FALSE(inbound->park());
}

}  // namespace
}  // namespace ordermesh::feed
