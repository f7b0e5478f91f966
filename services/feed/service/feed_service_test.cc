#include "services/feed/service/feed_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/feed/service/test_feed.h"

namespace ordermesh::feed {
namespace {

using common::v1::OrderVerdict;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(FeedServiceTest, AnswersOneOrderWithItsVerdict) {
  OrderVerdict verdict;
  ASSERT_TRUE(Submit("conflict", &verdict).ok());
  EXPECT_EQ(verdict.verdict(), OrderVerdict::CONFLICT);
  const auto deliveries = validation_.Deliveries();
  ASSERT_THAT(deliveries, SizeIs(1));
  EXPECT_EQ(deliveries[0].partner_id, "partner-a");
  EXPECT_THAT(deliveries[0].traceparent, StartsWith("00-0af7"));
  EXPECT_LT(absl::AbsDuration(absl::FromUnixMillis(UnixMsOf(deliveries[0].ingest_id)) - absl::Now()), absl::Minutes(1));
}

TEST_F(FeedServiceTest, PassesOnWhatHasNoVerdict) { EXPECT_EQ(ReasonOf(Submit("unknown")), "UNKNOWN_PARTNER"); }

TEST_F(FeedServiceTest, RetriesInsideWithTheSameIngestId) {
  OrderVerdict verdict;
  ASSERT_TRUE(Submit("away", &verdict).ok());
  EXPECT_EQ(verdict.verdict(), OrderVerdict::CREATED);
  const auto deliveries = validation_.Deliveries();
  ASSERT_THAT(deliveries, SizeIs(2));
  EXPECT_EQ(deliveries[0].ingest_id, deliveries[1].ingest_id);
}

TEST_F(FeedServiceTest, SaysUnavailableBeforeTheClientsDeadline) {
  const absl::Status status = Submit("silent", nullptr, absl::Milliseconds(300));
  EXPECT_EQ(ReasonOf(status), "NO_VERDICT");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(RetryDelayOf(status).has_value());
}

TEST_F(FeedServiceTest, SaysUnavailableAtItsOwnDeadline) {
  Start(absl::Milliseconds(100));
  EXPECT_EQ(ReasonOf(Submit("silent")), "NO_VERDICT");
}

TEST_F(FeedServiceTest, RefusesBadRequestsByField) {
  grpc::ClientContext no_partner, no_content, empty_batch, bad_item;
  OrderVerdict verdict;
  v1::BatchSubmitOrdersResponse response;
  v1::SubmitOrderRequest request;
  EXPECT_THAT(stub_->SubmitOrder(&no_partner, request, &verdict).error_message(), StartsWith("partner_id"));
  request.set_partner_id("partner-a");
  EXPECT_THAT(stub_->SubmitOrder(&no_content, request, &verdict).error_message(), StartsWith("content"));
  v1::BatchSubmitOrdersRequest batch;
  batch.set_partner_id("partner-a");
  EXPECT_THAT(stub_->BatchSubmitOrders(&empty_batch, batch, &response).error_message(), StartsWith("orders"));
  batch.add_orders()->set_raw_payload("created");
  batch.add_orders();
  EXPECT_THAT(stub_->BatchSubmitOrders(&bad_item, batch, &response).error_message(), StartsWith("orders[1]: content"));
  EXPECT_THAT(validation_.Deliveries(), SizeIs(0));
}

TEST_F(FeedServiceTest, ABatchIsAnsweredInTheOrderSent) {
  v1::BatchSubmitOrdersResponse response;
  ASSERT_TRUE(SubmitBatch({"created", "conflict", "rejected", "reused", "replayed", "created"}, &response).ok());
  std::vector<OrderVerdict::Verdict> verdicts;
  for (const auto& result : response.results()) verdicts.push_back(result.verdict());
  EXPECT_THAT(verdicts, ElementsAre(OrderVerdict::CREATED, OrderVerdict::CONFLICT, OrderVerdict::REJECTED,
                                    OrderVerdict::SEQUENCE_REUSED, OrderVerdict::REPLAYED, OrderVerdict::CREATED));
  EXPECT_EQ(response.summary().received(), 6);
  EXPECT_EQ(response.summary().created(), 2);
  EXPECT_EQ(response.summary().conflicts(), 1);
  EXPECT_EQ(response.summary().rejected(), 1);
  EXPECT_EQ(response.summary().sequence_reused(), 1);
  EXPECT_EQ(response.summary().replayed(), 1);
}

TEST_F(FeedServiceTest, ABatchWithoutAVerdictFailsAsAWhole) {
  Start(absl::Milliseconds(200));
  v1::BatchSubmitOrdersResponse response;
  EXPECT_EQ(SubmitBatch({"created", "silent"}, &response).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(SubmitBatch({"unknown", "created"}, &response)), "UNKNOWN_PARTNER");
}

TEST_F(FeedServiceTest, AStreamAnswersByTagAndGoesOnAfterAStatus) {
  Start(absl::Milliseconds(300));
  auto request = Message("partner-a", {"created", "silent", "unknown", "away", "rejected"});
  request.add_orders()->set_tag(200);
  std::map<uint64_t, std::string> results;
  EXPECT_TRUE(Stream({request}, &results).ok());
  EXPECT_THAT(results,
              ElementsAre(std::pair(1, "CREATED"), std::pair(2, "NO_VERDICT"), std::pair(3, "UNKNOWN_PARTNER"),
                          std::pair(4, "PEER_AWAY"), std::pair(5, "REJECTED"), std::pair(200, "INVALID_FIELD")));
  EXPECT_EQ(counts_, "received=6,created=1,replayed=0,conflicts=0,sequenceReused=0,rejected=1,refused=4");
}

TEST_F(FeedServiceTest, AStreamEndsForAMessageWithoutOrders) {
  EXPECT_EQ(Stream({Message("partner-a", {"created"}), Message("partner-a", {})}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(counts_, "received=1,created=1,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=0");
}

TEST_F(FeedServiceTest, EveryCallEndsWithItsVerdictCounts) {
  EXPECT_TRUE(Submit("conflict").ok());
  EXPECT_EQ(counts_, "received=1,created=0,replayed=0,conflicts=1,sequenceReused=0,rejected=0,refused=0");
  EXPECT_FALSE(Submit("unknown").ok());
  EXPECT_EQ(counts_, "received=1,created=0,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=1");
  EXPECT_FALSE(SubmitFor("nobody").ok());
  EXPECT_EQ(counts_, "received=1,created=0,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=1");
  v1::BatchSubmitOrdersResponse response;
  EXPECT_TRUE(SubmitBatch({"created", "reused", "replayed", "created"}, &response).ok());
  EXPECT_EQ(counts_, "received=4,created=2,replayed=1,conflicts=0,sequenceReused=1,rejected=0,refused=0");
  EXPECT_FALSE(SubmitBatch({"created", "unknown"}, &response).ok());
  EXPECT_EQ(counts_, "received=2,created=1,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=1");
  EXPECT_FALSE(SubmitBatch({"created", "created"}, &response, "nobody").ok());
  EXPECT_EQ(counts_, "received=2,created=0,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=2");
  EXPECT_TRUE(Stream({Message("partner-a", {"created", "rejected"}), Message("partner-b", {"created"})}).ok());
  EXPECT_EQ(counts_, "received=3,created=2,replayed=0,conflicts=0,sequenceReused=0,rejected=1,refused=0");
}

TEST_F(FeedServiceTest, CardNumbersGoNoFurther) {
  const std::string card = R"({"note": "4111 1111 1111 1111"})";
  const absl::Status status = Submit(card);
  EXPECT_EQ(ReasonOf(status), "CARD_NUMBER");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("raw_payload: byte 10 begins a payment card number"));
  v1::BatchSubmitOrdersResponse response;
  const absl::Status batch = SubmitBatch({"created", card}, &response);
  EXPECT_EQ(ReasonOf(batch), "CARD_NUMBER");
  EXPECT_THAT(std::string(batch.message()), StartsWith("orders[1].raw_payload: byte 10"));
  EXPECT_THAT(validation_.Deliveries(), SizeIs(0));
  std::map<uint64_t, std::string> results;
  EXPECT_TRUE(Stream({Message("partner-a", {"created", card, "created"})}, &results).ok());
  EXPECT_THAT(results, ElementsAre(std::pair(1, "CREATED"), std::pair(2, "CARD_NUMBER"), std::pair(3, "CREATED")));
  EXPECT_EQ(counts_, "received=3,created=2,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=1");
  EXPECT_THAT(validation_.Deliveries(), SizeIs(2));
}

TEST_F(FeedServiceTest, TypedOrdersGoOnAndADamagedOneIsRefusedAlone) {
  auto request = Message("partner-a", {"created"});
  const auto add_typed = [&request](const std::string& customer_id) {
    auto* order = request.add_orders();
    order->set_tag(static_cast<uint64_t>(request.orders_size()));
    order->mutable_order()->set_external_order_id("T-1");
    order->mutable_order()->set_customer_id(customer_id);
  };
  add_typed("c");
  add_typed("\xff");  // No UTF-8: written all the same, and refused by whoever parses it.
  add_typed("K\xc3\xb6ln");
  std::map<uint64_t, std::string> results;
  EXPECT_TRUE(Stream({request, Message("partner-a", {"created"})}, &results).ok());
  EXPECT_THAT(results, ElementsAre(std::pair(1, "CREATED"), std::pair(2, "CREATED"), std::pair(3, "INVALID_FIELD"),
                                   std::pair(4, "CREATED")));
  v1::SubmitOrderRequest single;
  single.set_partner_id("partner-a");
  single.mutable_order()->set_external_order_id("T-2");
  OrderVerdict verdict;
  grpc::ClientContext good, bad;
  ASSERT_TRUE(stub_->SubmitOrder(&good, single, &verdict).ok());
  EXPECT_EQ(verdict.order_id(), "T-2");
  single.mutable_order()->set_customer_id("\xff");
  const auto status = stub_->SubmitOrder(&bad, single, &verdict);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("order: is no valid message"));
}

TEST_F(FeedServiceTest, EveryOrderGetsAnIngestIdOfItsOwn) {
  v1::BatchSubmitOrdersResponse response;
  // More than the burst: it passes as a whole where a whole burst is there.
  ASSERT_TRUE(SubmitBatch(std::vector<std::string>(1'000, "created"), &response).ok());
  std::set<std::string> ids;
  for (const auto& delivery : validation_.Deliveries()) ids.insert(delivery.ingest_id.ToString());
  EXPECT_THAT(ids, SizeIs(1'000));
}

}  // namespace
}  // namespace ordermesh::feed
