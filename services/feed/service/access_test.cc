// Whose orders the feed takes, and how many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "services/common/base/errors.h"
#include "services/feed/service/test_feed.h"

namespace ordermesh::feed {
namespace {

using partners::v1::Partner;
using ::testing::ElementsAre;
using ::testing::SizeIs;

using AccessTest = FeedServiceTest;

TEST_F(AccessTest, APartnerSendsForItselfOnly) {
  SpeakFor("partner-a");
  v1::BatchSubmitOrdersResponse response;
  EXPECT_TRUE(SubmitFor("partner-a").ok());
  EXPECT_TRUE(SubmitBatch({"created"}, &response).ok());
  for (const std::string other : {"partner-b", "nobody", "Not An Id"}) {
    EXPECT_EQ(ReasonOf(SubmitFor(other)), "NOT_YOUR_PARTNER") << other;
    EXPECT_EQ(SubmitBatch({"created"}, &response, other).code(), absl::StatusCode::kPermissionDenied) << other;
  }
  EXPECT_THAT(validation_.Deliveries(), SizeIs(2));
}

TEST_F(AccessTest, AStreamEndsAtAnotherPartnersMessage) {
  SpeakFor("partner-a");
  std::map<uint64_t, std::string> results;
  EXPECT_EQ(ReasonOf(Stream({Message("partner-a", {"created"}), Message("partner-b", {"created"})}, &results)),
            "NOT_YOUR_PARTNER");
  EXPECT_THAT(results, ElementsAre(std::pair(1, "CREATED")));
  EXPECT_EQ(counts_, "received=2,created=1,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=1");
}

TEST_F(AccessTest, TheOperatorSendsForEveryPartnerThatThereIs) {
  SpeakFor("");
  EXPECT_TRUE(SubmitFor("partner-a").ok());
  EXPECT_TRUE(SubmitFor("partner-b").ok());
  EXPECT_EQ(ReasonOf(SubmitFor("nobody")), "UNKNOWN_PARTNER");
  EXPECT_EQ(SubmitFor("nobody").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SubmitFor("Not An Id").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SubmitFor("").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AccessTest, SuspensionComesBeforeAMissingConfig) {
  Partner suspended = MakePartner("partner-a"), fresh = MakePartner("partner-b");
  suspended.set_state(Partner::SUSPENDED);
  suspended.set_config_version(0);
  fresh.set_config_version(0);
  Know({suspended, fresh});
  EXPECT_EQ(ReasonOf(SubmitFor("partner-a")), "PARTNER_SUSPENDED");
  EXPECT_EQ(SubmitFor("partner-a").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(SubmitFor("partner-b")), "NO_CONFIG");
  EXPECT_EQ(SubmitFor("partner-b").code(), absl::StatusCode::kFailedPrecondition);
  SpeakFor("partner-a");
  EXPECT_EQ(ReasonOf(SubmitFor("partner-b")), "NOT_YOUR_PARTNER");
}

TEST_F(AccessTest, OnAStreamEveryOrderIsToldAndTheStreamGoesOn) {
  Partner fresh = MakePartner("partner-b");
  fresh.set_config_version(0);
  Know({MakePartner("partner-a"), fresh});
  std::map<uint64_t, std::string> results;
  auto nobody = Message("nobody", {"created", "created"});
  nobody.mutable_orders(0)->set_tag(11);
  nobody.mutable_orders(1)->set_tag(12);
  auto without_config = Message("partner-b", {"created"});
  without_config.mutable_orders(0)->set_tag(21);
  EXPECT_TRUE(Stream({nobody, without_config, Message("partner-a", {"created"})}, &results).ok());
  EXPECT_THAT(results, ElementsAre(std::pair(1, "CREATED"), std::pair(11, "UNKNOWN_PARTNER"),
                                   std::pair(12, "UNKNOWN_PARTNER"), std::pair(21, "NO_CONFIG")));
}

TEST_F(AccessTest, AnOpenStreamNoticesASuspensionWithItsNextMessage) {
  const auto context = NewContext();
  const auto stream = stub_->StreamOrders(context.get());
  v1::StreamOrdersResponse response;
  stream->Write(Message("partner-a", {"created"}));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(0).has_verdict());
  Partner suspended = MakePartner("partner-a");
  suspended.set_state(Partner::SUSPENDED);
  Know({suspended});
  stream->Write(Message("partner-a", {"created"}));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(FromProto(response.results(0).status())), "PARTNER_SUSPENDED");
  Know({MakePartner("partner-a")});
  stream->Write(Message("partner-a", {"created"}));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(0).has_verdict());
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

class UnknownPartnersTest : public FeedServiceTest {
 protected:
  void SetUp() override { Start(absl::Seconds(20)); }
};

TEST_F(UnknownPartnersTest, OrdersAreToldToComeAgain) {
  const absl::Status status = SubmitFor("partner-a");
  EXPECT_EQ(ReasonOf(status), "PARTNERS_UNKNOWN");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(RetryDelayOf(status).has_value());
  std::map<uint64_t, std::string> results;
  EXPECT_TRUE(Stream({Message("partner-a", {"created"})}, &results).ok());
  EXPECT_THAT(results, ElementsAre(std::pair(1, "PARTNERS_UNKNOWN")));
  SpeakFor("partner-b");
  EXPECT_EQ(ReasonOf(SubmitFor("partner-a")), "NOT_YOUR_PARTNER");
}

// partner-a may send 1,000 orders a second, 100 at once: 5 of them without a lease.
TEST_F(AccessTest, BeyondTheLimitASingleOrderIsToldWhenToComeAgain) {
  partners_.SetTokens(10);
  int passed = 0;
  absl::Status refused;
  while (refused.ok()) {
    refused = SubmitFor("partner-a");
    if (refused.ok()) ++passed;
  }
  EXPECT_GE(passed, 10);
  EXPECT_LE(passed, 15);
  EXPECT_EQ(ReasonOf(refused), "RATE_LIMITED");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GE(RetryDelayOf(refused).value_or(absl::ZeroDuration()), absl::Seconds(20));
  EXPECT_TRUE(SubmitFor("partner-b").ok());
}

TEST_F(AccessTest, ABatchPassesAsAWholeOrNotAtAll) {
  partners_.SetTokens(50);
  v1::BatchSubmitOrdersResponse response;
  const absl::Status status = SubmitBatch(std::vector<std::string>(60, "created"), &response);
  EXPECT_EQ(ReasonOf(status), "RATE_LIMITED");
  EXPECT_TRUE(RetryDelayOf(status).has_value());
  EXPECT_EQ(counts_, "received=60,created=0,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=60");
  EXPECT_THAT(validation_.Deliveries(), SizeIs(0));
  EXPECT_TRUE(SubmitBatch(std::vector<std::string>(50, "created"), &response).ok());
}

TEST_F(AccessTest, OnAStreamTheFirstOrdersPassAndTheOthersAreTold) {
  partners_.SetTokens(20);
  std::map<uint64_t, std::string> results;
  EXPECT_TRUE(Stream({Message("partner-a", std::vector<std::string>(40, "created"))}, &results).ok());
  ASSERT_THAT(results, SizeIs(40));
  for (const auto& [tag, result] : results) EXPECT_EQ(result, tag <= 25 ? "CREATED" : "RATE_LIMITED") << tag;
  EXPECT_EQ(counts_, "received=40,created=25,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=15");
}

TEST_F(AccessTest, WithoutThePartnersServiceTheShareOfTheBurstPasses) {
  partners_.SetAway(true);
  Partner slow = MakePartner("partner-a");
  slow.mutable_order_limit()->set_amount(10);
  Know({slow});
  v1::BatchSubmitOrdersResponse response;
  EXPECT_TRUE(SubmitBatch(std::vector<std::string>(100, "created"), &response).ok());
  EXPECT_EQ(ReasonOf(SubmitBatch(std::vector<std::string>(100, "created"), &response)), "RATE_LIMITED");
}

}  // namespace
}  // namespace ordermesh::feed
