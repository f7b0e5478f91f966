#include "ordermesh/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_feed.h"

namespace ordermesh {
namespace {

using common::v1::OrderVerdict;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

class ClientTest : public ::testing::Test {
 protected:
  ClientOptions Options() {
    ClientOptions options;
    options.address = feed_.address();
    options.api_key = "omk_live_test";
    return options;
  }

  FakeFeed feed_;
};

TEST_F(ClientTest, AVerdictComesBackAndTheSamePayloadIsReplayed) {
  Client client(Options());
  const Result first = client.Submit("p", R"({"n": 29.90})");
  const Result second = client.Submit("p", R"({"n": 29.90})");
  EXPECT_EQ(first.verdict.verdict(), OrderVerdict::CREATED) << first.status.error_message();
  EXPECT_EQ(second.verdict.verdict(), OrderVerdict::REPLAYED);
  EXPECT_EQ(first.verdict.order_id(), second.verdict.order_id());
}

TEST_F(ClientTest, EveryCallCarriesKeyRequestIdAndTrace) {
  ClientOptions options = Options();
  options.trace_context = [] { return "00-11111111111111111111111111111111-2222222222222222-01"; };
  Client client(options);
  client.Submit("p", "{}", "mine");
  client.Submit("p", "{}");
  ASSERT_THAT(feed_.metadata, SizeIs(2));
  EXPECT_THAT(feed_.metadata[0], Contains(Pair("x-api-key", "omk_live_test")));
  EXPECT_THAT(feed_.metadata[0], Contains(Pair("x-request-id", "mine")));
  EXPECT_THAT(feed_.metadata[0], Contains(Pair("traceparent", options.trace_context())));
  EXPECT_THAT(feed_.metadata[1]["x-request-id"], SizeIs(36));
}

TEST_F(ClientTest, ATokenGoesAsBearer) {
  ClientOptions options = Options();
  options.api_key = "";
  options.token = "abc";
  Client(options).Submit("p", "{}");
  EXPECT_THAT(feed_.metadata.at(0), Contains(Pair("authorization", "Bearer abc")));
}

TEST_F(ClientTest, AnUnavailableFeedIsAskedAgain) {
  feed_.unary_failures = {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::RESOURCE_EXHAUSTED,
                          grpc::StatusCode::CANCELLED};
  EXPECT_EQ(Client(Options()).Submit("p", "{}").verdict.verdict(), OrderVerdict::CREATED);
  EXPECT_THAT(feed_.metadata, SizeIs(4));
}

TEST_F(ClientTest, ARefusalIsReturnedAtOnce) {
  feed_.unary_failures = {grpc::StatusCode::PERMISSION_DENIED};
  EXPECT_EQ(Client(Options()).Submit("p", "{}").status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(feed_.metadata, SizeIs(1));
}

TEST_F(ClientTest, NobodyThereFailsAfterTheTimeout) {
  ClientOptions options = Options();
  options.address = "127.0.0.1:1";
  options.timeout = std::chrono::milliseconds(300);
  EXPECT_FALSE(Client(options).Submit("p", "{}").status.ok());
}

TEST_F(ClientTest, ABatchIsAnsweredInOrder) {
  feed::v1::BatchSubmitOrdersResponse response;
  ASSERT_TRUE(Client(Options()).SubmitBatch("p", {"{1}", "{bad}", "{2}"}, &response).ok());
  std::vector<OrderVerdict::Verdict> verdicts;
  for (const OrderVerdict& verdict : response.results()) verdicts.push_back(verdict.verdict());
  EXPECT_THAT(verdicts, ElementsAre(OrderVerdict::CREATED, OrderVerdict::REJECTED, OrderVerdict::CREATED));
}

TEST_F(ClientTest, TlsDoesNotTalkToAPlaintextFeed) {
  ClientOptions options = Options();
  options.tls = true;
  options.timeout = std::chrono::milliseconds(300);
  EXPECT_FALSE(Client(options).Submit("p", "{}").status.ok());
}

}  // namespace
}  // namespace ordermesh
