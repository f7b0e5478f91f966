#include "services/feed/domain/lease_balance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ordermesh::feed {
namespace {

using partners::v1::Partner;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

absl::Time After(int64_t ms) { return kStart + absl::Milliseconds(ms); }

Partner WithLimit(int64_t amount, int64_t period_ms, int64_t burst) {
  Partner partner;
  auto* limit = partner.mutable_order_limit();
  limit->set_amount(amount);
  limit->mutable_period()->set_seconds(period_ms / 1'000);
  limit->mutable_period()->set_nanos(static_cast<int32_t>(period_ms % 1'000) * 1'000'000);
  limit->set_burst(burst);
  return partner;
}

TEST(OrderLimitTest, ReadsBothSettingsOfTheDocuments) {
  EXPECT_EQ(ToOrderLimit(WithLimit(10'000, 1'000, 5'000)), (OrderLimit{10'000, 5'000}));
  EXPECT_EQ(ToOrderLimit(WithLimit(600'000, 60'000, 0)), (OrderLimit{10'000, 600'000}));
  EXPECT_EQ(ToOrderLimit(WithLimit(5, 0, 0)), (OrderLimit{5, 5}));
  EXPECT_EQ(ToOrderLimit(WithLimit(1, 500, 1)), (OrderLimit{2, 1}));
  EXPECT_EQ(ToOrderLimit(Partner()), (OrderLimit{10'000, 5'000}));
}

// 10,000 a second, 1,000 at once: a credit of 50.
class LeaseBalanceTest : public ::testing::Test {
 protected:
  // Leases as a bucket would that has enough.
  void Lease(int64_t demand, absl::Time now) {
    const auto want = balance_.NextWant(demand, now);
    balance_.Granted(want.wanted, want.wanted, absl::ZeroDuration(), 1, now);
  }

  LeaseBalance balance_{{10'000, 1'000}};
};

TEST_F(LeaseBalanceTest, TheCreditPassesWithoutALeaseAndIsOwed) {
  EXPECT_EQ(balance_.Take(50, true, kStart), 50);
  EXPECT_EQ(balance_.Take(1, true, kStart), 0);
  EXPECT_EQ(balance_.balance(), -50);
  const auto want = balance_.NextWant(0, After(20));
  EXPECT_GE(want.wanted, 51);
  EXPECT_EQ(LeaseBalance({100, 1}).Take(1, true, kStart), 1);
}

TEST_F(LeaseBalanceTest, AWholeMessageTakesAllOrNothing) {
  EXPECT_EQ(balance_.Take(60, true, kStart), 0);
  EXPECT_EQ(balance_.balance(), 0);
  EXPECT_EQ(balance_.Take(60, false, kStart), 50);
}

TEST_F(LeaseBalanceTest, MoreThanTheBurstNeedsAWholeBurstAndGoesIntoDebt) {
  balance_.Granted(900, 900, absl::ZeroDuration(), 1, kStart);
  EXPECT_EQ(balance_.Take(3'000, true, kStart), 0);
  balance_.Granted(50, 50, absl::ZeroDuration(), 1, kStart);
  EXPECT_EQ(balance_.Take(3'000, true, kStart), 3'000);
  EXPECT_EQ(balance_.balance(), -2'050);
  EXPECT_EQ(balance_.Take(1, false, kStart), 0);
}

TEST_F(LeaseBalanceTest, HoldsSome150MsOfRecentUse) {
  for (int ms = 0; ms < 1'000; ms += 20) {
    Lease(100, After(ms));
    ASSERT_EQ(balance_.Take(100, true, After(ms)), 100);
  }
  const auto want = balance_.NextWant(0, After(1'000));
  // 5,000 a second: 750 less what is left.
  EXPECT_NEAR(static_cast<double>(want.wanted) + balance_.balance(), 750, 30);
}

TEST_F(LeaseBalanceTest, GivesBackWhatWasNotUsedForASecond) {
  Lease(400, kStart);
  EXPECT_EQ(balance_.Take(100, true, kStart), 100);
  EXPECT_FALSE(balance_.IsSettled(After(1'100)));
  const auto want = balance_.NextWant(0, After(1'100));
  EXPECT_EQ(want.wanted, 0);
  EXPECT_NEAR(static_cast<double>(want.returned), 300, 2);
  EXPECT_TRUE(balance_.IsSettled(After(1'100)));
}

TEST_F(LeaseBalanceTest, ADebtIsPaidAlsoWhenNobodySends) {
  EXPECT_EQ(balance_.Take(30, true, kStart), 30);
  const auto want = balance_.NextWant(0, After(5'000));
  EXPECT_EQ(want.wanted, 30);
  EXPECT_EQ(want.returned, 0);
  EXPECT_FALSE(balance_.IsSettled(After(5'000)));
  balance_.Granted(30, 30, absl::ZeroDuration(), 1, After(5'000));
  EXPECT_TRUE(balance_.IsSettled(After(5'000)));
}

TEST_F(LeaseBalanceTest, AnEmptyBucketIsNotAskedBeforeItSaid) {
  balance_.Take(50, true, kStart);
  balance_.Granted(100, 10, absl::Seconds(3), 1, kStart);
  EXPECT_FALSE(balance_.CanAsk(After(2'999)));
  EXPECT_EQ(balance_.NextWant(0, After(500)).wanted, 0);
  EXPECT_TRUE(balance_.CanAsk(After(3'000)));
  EXPECT_EQ(balance_.RetryAfter(1, true, kStart), absl::Seconds(3));
  balance_.SetLimit({20'000, 2'000});
  EXPECT_TRUE(balance_.CanAsk(After(500)));
}

TEST_F(LeaseBalanceTest, WhatWasGivenBackCanBeAskedForAgain) {
  balance_.Granted(100, 40, absl::Seconds(60), 1, kStart);
  EXPECT_FALSE(balance_.CanAsk(After(1'500)));
  EXPECT_EQ(balance_.NextWant(0, After(1'500)).returned, 40);
  EXPECT_TRUE(balance_.CanAsk(After(1'500)));
}

TEST_F(LeaseBalanceTest, ARefusedSenderIsToldWhenThereCanBeEnough) {
  // 1,000 wanted, 50 of credit: 950 at 10,000 a second.
  EXPECT_EQ(balance_.RetryAfter(1'000, true, kStart), absl::Milliseconds(95));
  EXPECT_EQ(balance_.RetryAfter(5'000, true, kStart), absl::Milliseconds(95));
  EXPECT_EQ(balance_.RetryAfter(5'000, false, kStart), absl::Milliseconds(10));
}

TEST_F(LeaseBalanceTest, WhileTheBucketIsAwayItKeepsItsShareOfTheRate) {
  balance_.Granted(10, 10, absl::ZeroDuration(), 4, kStart);
  ASSERT_EQ(balance_.Take(10, true, kStart), 10);
  balance_.Failed(kStart);
  EXPECT_FALSE(balance_.CanAsk(kStart));
  int64_t taken = 0;
  for (int ms = 0; ms <= 10'000; ms += 5) {
    if (ms % 20 == 0) balance_.Failed(After(ms));
    taken += balance_.Take(1'000, false, After(ms));
  }
  // A quarter of 10,000 a second for 10 s, and the credit.
  EXPECT_NEAR(static_cast<double>(taken), 25'050, 10);
  EXPECT_EQ(balance_.Take(1'000, false, After(60'000)), 300) << "no more than its share of the burst, and the credit";
}

TEST_F(LeaseBalanceTest, AnIdlePartnersBucketIsFullWhenItGoesAway) {
  balance_.Granted(0, 0, absl::ZeroDuration(), 2, kStart);
  balance_.Failed(After(60'000));
  EXPECT_EQ(balance_.Take(10'000, false, After(60'000)), 550);
}

TEST_F(LeaseBalanceTest, WhatWasMadeUpIsForgottenWhenTheBucketIsBack) {
  balance_.Failed(kStart);
  balance_.Back();
  EXPECT_TRUE(balance_.CanAsk(kStart));
  EXPECT_EQ(balance_.balance(), 0);
}

TEST_F(LeaseBalanceTest, ASmallBucketIsAskedMoreOften) {
  EXPECT_EQ(balance_.Pace(), absl::Milliseconds(20));
  EXPECT_EQ(LeaseBalance({1'000, 10}).Pace(), absl::Milliseconds(5));
  EXPECT_EQ(LeaseBalance({1'000'000, 1}).Pace(), absl::Milliseconds(2));
  EXPECT_EQ(LeaseBalance({1, 1}).Pace(), absl::Milliseconds(20));
}

}  // namespace
}  // namespace ordermesh::feed
