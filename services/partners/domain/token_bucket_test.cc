#include "services/partners/domain/token_bucket.h"

#include <random>

#include "gtest/gtest.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

constexpr absl::Duration kStart = absl::Hours(7);

Rate PerSecond(int64_t amount, int64_t burst) { return {.amount = amount, .burst = burst}; }

TEST(TokenBucketTest, ABurstBelowTheRateLetsTheBurstPassAtOnceAndTheRateInASecond) {
  TokenBucket bucket(PerSecond(10'000, 5'000), kStart);
  EXPECT_EQ(bucket.Take(1'000'000, kStart), 5'000);
  int64_t taken = 0;
  for (int ms = 1; ms <= 1'000; ++ms) taken += bucket.Take(1'000'000, kStart + absl::Milliseconds(ms));
  EXPECT_EQ(taken, 10'000);
}

TEST(TokenBucketTest, GivesNeverMoreThanThereIs) {
  TokenBucket bucket(PerSecond(10, 10), kStart);
  EXPECT_EQ(bucket.Take(4, kStart), 4);
  EXPECT_EQ(bucket.Balance(kStart), 6);
  EXPECT_EQ(bucket.Take(-3, kStart), 0);
  EXPECT_EQ(bucket.Take(7, kStart), 6);
  EXPECT_EQ(bucket.Take(1, kStart), 0);
}

TEST(TokenBucketTest, SavesUpToTheBurst) {
  TokenBucket bucket(PerSecond(10, 30), kStart);
  bucket.Take(30, kStart);
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(2)), 20);
  EXPECT_FALSE(bucket.IsFull(kStart + absl::Milliseconds(2'999)));
  EXPECT_TRUE(bucket.IsFull(kStart + absl::Seconds(3)));
  EXPECT_EQ(bucket.Balance(kStart + absl::Hours(1'000'000)), 30);
}

TEST(TokenBucketTest, SaysWhenTheNextTokenComes) {
  TokenBucket bucket(PerSecond(3, 1), kStart);
  EXPECT_EQ(bucket.UntilNext(kStart), absl::ZeroDuration());
  bucket.Take(1, kStart);
  EXPECT_EQ(bucket.UntilNext(kStart), absl::Nanoseconds(333'333'334));
  EXPECT_EQ(bucket.Balance(kStart + absl::Nanoseconds(333'333'333)), 0);
  EXPECT_EQ(bucket.UntilNext(kStart + absl::Nanoseconds(333'333'333)), absl::Nanoseconds(1));
  EXPECT_EQ(bucket.Balance(kStart + absl::Nanoseconds(333'333'334)), 1);
}

TEST(TokenBucketTest, TokensComeBackUpToTheBurst) {
  TokenBucket bucket(PerSecond(10, 10), kStart);
  bucket.Take(10, kStart);
  bucket.Return(4, kStart);
  EXPECT_EQ(bucket.Balance(kStart), 4);
  bucket.Return(-5, kStart);
  EXPECT_EQ(bucket.Balance(kStart), 4);
  bucket.Return(1'000'000'000, kStart);
  EXPECT_EQ(bucket.Balance(kStart), 10);
}

TEST(TokenBucketTest, ATimeThatGoesBackAddsNothing) {
  TokenBucket bucket(PerSecond(10, 10), kStart);
  bucket.Take(10, kStart + absl::Seconds(5));
  EXPECT_EQ(bucket.Balance(kStart), 0);
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(5)), 0);
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(6)), 10);
}

TEST(TokenBucketTest, TheRateChangesLive) {
  TokenBucket bucket(PerSecond(100, 100), kStart);
  bucket.Take(40, kStart);
  bucket.SetRate({.amount = 1, .period = absl::Minutes(1), .burst = 50}, kStart);
  EXPECT_EQ(bucket.Balance(kStart), 50);
  bucket.Take(50, kStart);
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(59)), 0);
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(60)), 1);
  bucket.SetRate(PerSecond(1'000, 1'000), kStart + absl::Seconds(60));
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(60)), 1);
  EXPECT_EQ(bucket.Balance(kStart + absl::Seconds(61)), 1'000);
}

TEST(TokenBucketTest, TheLargestRatesAndPeriodsFit) {
  TokenBucket bucket({.amount = kMaxRate, .period = kMaxRatePeriod, .burst = kMaxRate}, kStart);
  EXPECT_EQ(bucket.Take(kMaxRate, kStart), kMaxRate);
  EXPECT_EQ(bucket.Balance(kStart + kMaxRatePeriod / 2), kMaxRate / 2);
  EXPECT_EQ(bucket.Balance(kStart + absl::Hours(24 * 365 * 100)), kMaxRate);
  TokenBucket fast({.amount = kMaxRate, .period = kMinRatePeriod, .burst = 1}, kStart);
  EXPECT_EQ(fast.Take(5, kStart), 1);
  EXPECT_EQ(fast.Balance(kStart + absl::Nanoseconds(1)), 1);
}

TEST(TokenBucketTest, ALimitWithoutPeriodAndBurstIsASecondAndTheAmount) {
  v1::RateLimit limit;
  limit.set_amount(7);
  EXPECT_EQ(Rate::Of(limit), PerSecond(7, 7));
  limit.set_burst(3);
  limit.mutable_period()->set_seconds(2);
  limit.mutable_period()->set_nanos(500'000'000);
  EXPECT_EQ(Rate::Of(limit), (Rate{.amount = 7, .period = absl::Milliseconds(2'500), .burst = 3}));
}

TEST(TokenBucketTest, WhateverIsTakenItIsNeverMoreThanBurstAndRate) {
  const uint32_t seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int round = 0; round < 100; ++round) {
    const Rate rate = {.amount = 1 + static_cast<int64_t>(random() % 1'000),
                       .period = absl::Milliseconds(1 + random() % 5'000),
                       .burst = 1 + static_cast<int64_t>(random() % 1'000)};
    TokenBucket bucket(rate, kStart);
    absl::Duration now = kStart;
    int64_t taken = 0;
    for (int i = 0; i < 200; ++i) {
      now += absl::Nanoseconds(random() % 10'000'000);
      taken += bucket.Take(random() % 50, now);
    }
    const double most = rate.burst + rate.amount * absl::FDivDuration(now - kStart, rate.period);
    EXPECT_LE(static_cast<double>(taken), most + 1e-6) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ordermesh::partners
