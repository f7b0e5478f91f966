#include "services/feed/service/retry_service.h"

#include "services/feed/service/test_feed.h"

namespace ordermesh::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RetryServiceTest : public FeedServiceTest {
 protected:
  static v1::BatchRetryOrdersRequest Batch(const std::vector<std::string>& scripts) {
    v1::BatchRetryOrdersRequest request;
    for (const auto& script : scripts) {
      auto* order = request.add_orders();
      order->set_partner_id("partner-a");
      order->set_raw_payload(script);
    }
    return request;
  }

  // The verdict or the reason of each order.
  absl::Status Retry(const v1::BatchRetryOrdersRequest& request, std::vector<std::string>* results) {
    grpc::ClientContext context;
    v1::BatchRetryOrdersResponse response;
    const auto status = retry_stub_->BatchRetryOrders(&context, request, &response);
    results->clear();
    for (const auto& result : response.results()) {
      EXPECT_EQ(result.tag(), results->size());
      results->push_back(result.has_verdict() ? common::v1::OrderVerdict::Verdict_Name(result.verdict().verdict())
                                              : ReasonOf(FromProto(result.status())));
    }
    return rpc::FromGrpc(status);
  }
};

TEST_F(RetryServiceTest, EachOfABatchHasItsOwnResultInItsPlace) {
  Start(absl::Milliseconds(300));
  auto request = Batch({"created", "4111 1111 1111 1111", "rejected", "silent", "replayed", "unknown"});
  request.add_orders()->set_partner_id("partner-a");
  std::vector<std::string> results;
  EXPECT_TRUE(Retry(request, &results).ok());
  EXPECT_THAT(results, ElementsAre("CREATED", "CARD_NUMBER", "REJECTED", "NO_VERDICT", "REPLAYED", "UNKNOWN_PARTNER",
                                   "INVALID_FIELD"));
}

TEST_F(RetryServiceTest, ABatchOfWhichNothingCanBeSentIsAnswered) {
  std::vector<std::string> results;
  EXPECT_TRUE(Retry(Batch({"4111 1111 1111 1111"}), &results).ok());
  EXPECT_THAT(results, ElementsAre("CARD_NUMBER"));
}

TEST_F(RetryServiceTest, WhatIsNoBatchIsRefusedAsAWhole) {
  std::vector<std::string> results;
  EXPECT_THAT(std::string(Retry({}, &results).message()), StartsWith("orders"));
  EXPECT_THAT(std::string(Retry(Batch(std::vector<std::string>(257, "created")), &results).message()),
              HasSubstr("1 to 256"));
  auto mixed = Batch({"created", "created"});
  mixed.mutable_orders(1)->set_partner_id("partner-b");
  EXPECT_THAT(std::string(Retry(mixed, &results).message()), HasSubstr("one partner"));
  mixed.mutable_orders(0)->set_partner_id("nobody");
  mixed.mutable_orders(1)->set_partner_id("nobody");
  EXPECT_EQ(Retry(mixed, &results).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(validation_.Deliveries(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace ordermesh::feed
