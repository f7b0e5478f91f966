#include "tools/ordermesh/importing/resend_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ordermesh::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ResendWindowTest : public ::testing::Test {
 protected:
  void Add(int count, size_t bytes = 4) {
    for (int i = 0; i < count; ++i) window_.Add({std::string(bytes, 'x'), ++line_, ""});
  }
  std::vector<uint64_t> Take() {
    window_.TakeBatch(now_, message_);
    std::vector<uint64_t> tags;
    for (const auto& order : message_.orders()) tags.push_back(order.tag());
    return tags;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'000);
  ResendWindow window_{WindowLimits{.orders = 6, .bytes = 4'000, .batch_orders = 3, .batch_bytes = 100}};
  feed::v1::StreamOrdersRequest message_;
  int64_t line_ = 0;
};

TEST_F(ResendWindowTest, CutsBatchesByCount) {
  Add(5);
  EXPECT_TRUE(window_.BatchReady());
  EXPECT_THAT(Take(), ElementsAre(1, 2, 3));
  EXPECT_FALSE(window_.BatchReady());
  EXPECT_THAT(Take(), ElementsAre(4, 5));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(ResendWindowTest, CutsBatchesByBytesButAlwaysSendsOne) {
  Add(1, 60);
  Add(1, 40);
  Add(1, 500);
  Add(1, 10);
  EXPECT_THAT(Take(), ElementsAre(1, 2));
  EXPECT_TRUE(window_.BatchReady());
  EXPECT_THAT(Take(), ElementsAre(3));
  EXPECT_THAT(Take(), ElementsAre(4));
}

TEST_F(ResendWindowTest, IsFullByCountAndByBytes) {
  Add(5);
  EXPECT_FALSE(window_.Full());
  Add(1);
  EXPECT_TRUE(window_.Full());
  Take();
  window_.Settle(1);
  EXPECT_FALSE(window_.Full());
  Add(1, 5'000);
  window_.Settle(2);
  EXPECT_TRUE(window_.Full());
}

TEST_F(ResendWindowTest, SettlesEachOrderOnceAndOnlyWhatWasSent) {
  Add(2);
  EXPECT_FALSE(window_.Settle(1).has_value());
  Take();
  EXPECT_EQ(window_.Settle(2)->line, 2);
  EXPECT_FALSE(window_.Settle(2).has_value());
  EXPECT_FALSE(window_.Settle(99).has_value());
  EXPECT_EQ(window_.size(), 1);
}

TEST_F(ResendWindowTest, SendsADelayedOrderAgainWhenItIsDue) {
  Add(2);
  Take();
  window_.Delay(1, now_ + absl::Seconds(2));
  window_.Delay(99, now_);
  EXPECT_FALSE(window_.AnyReady(now_));
  EXPECT_EQ(window_.NextDue(), now_ + absl::Seconds(2));
  EXPECT_THAT(Take(), IsEmpty());
  now_ += absl::Seconds(2);
  EXPECT_TRUE(window_.AnyReady(now_));
  EXPECT_THAT(Take(), ElementsAre(1));
  EXPECT_EQ(window_.NextDue(), absl::InfiniteFuture());
}

TEST_F(ResendWindowTest, SendsEverythingWithoutVerdictAgainInOrderAfterABreak) {
  Add(6);
  Take();
  Take();
  window_.Settle(2);
  window_.Delay(5, now_ + absl::Seconds(1));
  window_.Rewind();
  EXPECT_THAT(Take(), ElementsAre(1, 3, 4));
  EXPECT_THAT(Take(), ElementsAre(6));
  now_ += absl::Seconds(1);
  EXPECT_THAT(Take(), ElementsAre(5));
}

TEST_F(ResendWindowTest, KeepsThePayloadOfASettledOrder) {
  window_.Add({"payload", 7, ""});
  Take();
  EXPECT_EQ(message_.orders(0).raw_payload(), "payload");
  EXPECT_EQ(window_.Settle(1)->payload, "payload");
  EXPECT_TRUE(window_.empty());
}

}  // namespace
}  // namespace ordermesh::cli
