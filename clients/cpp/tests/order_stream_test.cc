#include "ordermesh/order_stream.h"

#include <set>

#include <gtest/gtest.h>

#include "fake_feed.h"
#include "ordermesh/client.h"

namespace ordermesh {
namespace {

using common::v1::OrderVerdict;
using std::chrono::milliseconds;

std::string Payload(int number) { return R"({"n": )" + std::to_string(number) + "}"; }

class OrderStreamTest : public ::testing::Test {
 protected:
  std::unique_ptr<OrderStream> Open(StreamLimits limits = {}) { return client_.Stream("p", limits); }

  // Sends `count` orders, expects each to be created, and returns their ids in the order sent.
  std::vector<std::string> Create(OrderStream* stream, int count) {
    std::vector<std::future<Result>> futures;
    for (int number = 0; number < count; ++number) futures.push_back(stream->Submit(Payload(number)));
    std::vector<std::string> ids;
    for (std::future<Result>& future : futures) {
      const Result result = future.get();
      EXPECT_EQ(result.verdict.verdict(), OrderVerdict::CREATED) << result.status.error_message();
      ids.push_back(result.verdict.order_id());
    }
    return ids;
  }

  FakeFeed feed_;
  Client client_{[this] {
    ClientOptions options;
    options.address = feed_.address();
    options.api_key = "omk_live_test";
    return options;
  }()};
};

TEST_F(OrderStreamTest, EveryOrderGetsItsOwnVerdict) {
  const std::vector<std::string> ids = Create(Open().get(), 5000);
  for (int number = 0; number < 5000; ++number) ASSERT_EQ(ids[number], feed_.created[Payload(number)]);
  EXPECT_GT(feed_.largest_batch, 1);
  EXPECT_EQ(feed_.metadata.at(0)["x-api-key"], "omk_live_test");
}

TEST_F(OrderStreamTest, ARejectionIsAResult) {
  const Result result = Open()->Submit("{bad}").get();
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.verdict.verdict(), OrderVerdict::REJECTED);
}

TEST_F(OrderStreamTest, BatchesKeepTheirLimits) {
  StreamLimits limits;
  limits.max_batch = 7;
  Create(Open(limits).get(), 100);
  EXPECT_LE(feed_.largest_batch, 7);
}

TEST_F(OrderStreamTest, ALargeOrderGoesAlone) {
  StreamLimits limits;
  limits.max_batch_bytes = 5;
  Create(Open(limits).get(), 20);
  EXPECT_EQ(feed_.largest_batch, 1);
}

TEST_F(OrderStreamTest, TheWindowBoundsWhatIsUnanswered) {
  StreamLimits limits;
  limits.window = 3;
  Create(Open(limits).get(), 200);
  EXPECT_LE(feed_.largest_batch, 3);
}

TEST_F(OrderStreamTest, WhatHasNoAnswerIsSentAgainAfterABreak) {
  feed_.breaks = {{0, grpc::StatusCode::UNAVAILABLE}, {2, grpc::StatusCode::UNAVAILABLE}};
  StreamLimits limits;
  limits.max_batch = 10;
  const std::vector<std::string> ids = Create(Open(limits).get(), 100);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 100u);
  EXPECT_EQ(feed_.streams, 3);
}

TEST_F(OrderStreamTest, AnOrderThatMustWaitIsSentAgain) {
  feed_.refusals[Payload(3)] = {Later(20), Later(20, grpc::StatusCode::UNAVAILABLE)};
  Create(Open().get(), 10);
  EXPECT_EQ(feed_.streams, 1);
}

TEST_F(OrderStreamTest, AnOrderThatIsRefusedForGoodFailsAlone) {
  google::rpc::Status unknown;
  unknown.set_code(grpc::StatusCode::NOT_FOUND);
  feed_.refusals["{1}"] = {unknown};
  const std::unique_ptr<OrderStream> stream = Open();
  std::future<Result> first = stream->Submit("{0}"), second = stream->Submit("{1}"), third = stream->Submit("{2}");
  EXPECT_EQ(first.get().verdict.verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(second.get().status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(third.get().verdict.verdict(), OrderVerdict::CREATED);
}

TEST_F(OrderStreamTest, PatienceEndsForAnOrderThatIsPutOffForEver) {
  feed_.refusals["{}"] = std::deque<google::rpc::Status>(1000, Later(50));
  StreamLimits limits;
  limits.patience = milliseconds(200);
  EXPECT_EQ(Open(limits)->Submit("{}").get().status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(OrderStreamTest, PatienceEndsForAFeedThatIsAway) {
  feed_.breaks = std::deque<FakeFeed::Break>(1000, {0, grpc::StatusCode::UNAVAILABLE});
  StreamLimits limits;
  limits.patience = milliseconds(200);
  EXPECT_EQ(Open(limits)->Submit("{}").get().status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(OrderStreamTest, PatienceEndsForAFeedThatIsSilent) {
  feed_.silent = true;
  StreamLimits limits;
  limits.patience = milliseconds(200);
  EXPECT_EQ(Open(limits)->Submit("{}").get().status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(OrderStreamTest, ARefusedStreamFailsEveryOrderAndTakesNoMore) {
  feed_.breaks = {{0, grpc::StatusCode::UNAUTHENTICATED}};
  const std::unique_ptr<OrderStream> stream = Open();
  EXPECT_EQ(stream->Submit("{0}").get().status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(stream->Submit("{1}").get().status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(OrderStreamTest, ClosingWaitsForTheLastVerdict) {
  const std::unique_ptr<OrderStream> stream = Open();
  std::future<Result> future = stream->Submit("{}");
  stream->Close();
  EXPECT_EQ(future.wait_for(milliseconds(0)), std::future_status::ready);
  EXPECT_EQ(stream->Submit("{}").get().status.error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(OrderStreamTest, AnUnusedStreamCloses) {
  Open();
  EXPECT_EQ(feed_.streams, 0);
}

TEST_F(OrderStreamTest, AnOrderAboveTheLimitIsNotSent) {
  const std::string large(OrderStream::kMaxPayloadBytes + 1, 'x');
  EXPECT_EQ(Open()->Submit(large).get().status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace ordermesh
