#include "services/partners/domain/lease_book.h"

#include "gtest/gtest.h"

namespace ordermesh::partners {
namespace {

constexpr absl::Duration kStart = absl::Hours(7);

class LeaseBookTest : public ::testing::Test {
 protected:
  Grant Ask(const std::string& holder, int64_t wanted, int64_t returned = 0) {
    return book_.Lease({.bucket = "a", .rate = rate_, .holder = holder, .wanted = wanted, .returned = returned}, now_);
  }

  Rate rate_ = {.amount = 100, .burst = 100};
  absl::Duration now_ = kStart;
  LeaseBook book_;
};

TEST_F(LeaseBookTest, OneHolderGetsAllThatIsThere) {
  Grant grant = Ask("feed-1", 30);
  EXPECT_EQ(grant.granted, 30);
  EXPECT_EQ(grant.retry_after, absl::ZeroDuration());
  EXPECT_EQ(grant.holders, 1);
  grant = Ask("feed-1", 100);
  EXPECT_EQ(grant.granted, 70);
  EXPECT_EQ(grant.retry_after, absl::Milliseconds(10));
}

TEST_F(LeaseBookTest, SeveralHoldersGetAtMostTheirShare) {
  EXPECT_EQ(Ask("feed-1", 1).granted, 1);
  const Grant second = Ask("feed-2", 1'000);
  EXPECT_EQ(second.granted, 50);
  EXPECT_EQ(second.holders, 2);
  EXPECT_EQ(second.retry_after, absl::Milliseconds(1));
  EXPECT_EQ(Ask("feed-1", 1'000).granted, 25);
  EXPECT_EQ(Ask("feed-3", 1'000).granted, 8);
}

TEST_F(LeaseBookTest, TheLastTokenIsGivenToWhoeverAsks) {
  Ask("feed-1", 1);
  Ask("feed-2", 1);
  while (Ask("feed-1", 1).granted == 1) {
  }
  now_ += absl::Milliseconds(10);
  EXPECT_EQ(Ask("feed-2", 5).granted, 1);
  EXPECT_EQ(Ask("feed-1", 5).granted, 0);
}

TEST_F(LeaseBookTest, HoldersAreForgottenAfterFiveSeconds) {
  Ask("feed-1", 1);
  now_ += absl::Seconds(5);
  EXPECT_EQ(Ask("feed-2", 1).holders, 2);
  now_ += absl::Nanoseconds(1);
  EXPECT_EQ(Ask("feed-2", 1).holders, 1);
}

TEST_F(LeaseBookTest, WhoOnlyReturnsIsNoHolder) {
  Ask("feed-1", 60);
  EXPECT_EQ(Ask("feed-2", 0, 10).holders, 1);
  EXPECT_EQ(Ask("feed-1", 100).granted, 50);
}

TEST_F(LeaseBookTest, ReturnedTokensNeverPassTheBurst) {
  Ask("feed-1", 100);
  Ask("feed-1", 0, 1'000'000);
  EXPECT_EQ(Ask("feed-1", 1'000).granted, 100);
}

TEST_F(LeaseBookTest, ANewRateHoldsAtOnce) {
  Ask("feed-1", 100);
  rate_ = {.amount = 1'000'000, .burst = 1'000'000};
  EXPECT_EQ(Ask("feed-1", 2'000'000).granted, 0);
  now_ += absl::Seconds(1);
  EXPECT_EQ(Ask("feed-1", 2'000'000).granted, 1'000'000);
  rate_ = {.amount = 1, .burst = 1};
  now_ += absl::Seconds(1);
  EXPECT_EQ(Ask("feed-1", 10).granted, 1);
}

TEST_F(LeaseBookTest, BucketsAreApart) {
  Ask("feed-1", 100);
  const Grant other = book_.Lease({.bucket = "b", .rate = rate_, .holder = "feed-1", .wanted = 100}, now_);
  EXPECT_EQ(other.granted, 100);
  EXPECT_EQ(book_.size(), 2u);
}

TEST_F(LeaseBookTest, ForgetsBucketsThatAreAsGoodAsNew) {
  rate_ = {.amount = 10, .burst = 100};
  Ask("feed-1", 100);
  now_ += absl::Seconds(6);
  book_.Sweep(now_);
  EXPECT_EQ(book_.size(), 1u);
  now_ += absl::Seconds(4);
  book_.Sweep(now_);
  EXPECT_EQ(book_.size(), 0u);
  Ask("feed-1", 0);
  Ask("feed-2", 1);
  now_ += absl::Seconds(5);
  book_.Sweep(now_);
  EXPECT_EQ(book_.size(), 1u);
}

}  // namespace
}  // namespace ordermesh::partners
