// Several replicas and one bucket, in simulated time: the sum of what they admit is the partner's limit.
#include "services/feed/service/order_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace ordermesh::feed {
namespace {

using partners::v1::LeaseTokensRequest;
using partners::v1::LeaseTokensResponse;

// The partner's bucket in the partners service.
class Bucket {
 public:
  explicit Bucket(const OrderLimit& limit) : limit_(limit), tokens_(static_cast<double>(limit.burst)) {}

  LeaseTokensResponse Lease(const LeaseTokensRequest& request, int holders, absl::Time now) {
    const double burst = static_cast<double>(limit_.burst);
    tokens_ = std::min(burst, tokens_ + limit_.per_second * absl::ToDoubleSeconds(now - filled_));
    filled_ = now;
    LeaseTokensResponse response;
    for (const auto& want : request.wants()) {
      tokens_ = std::min(burst, tokens_ + static_cast<double>(want.returned()));
      const auto granted = std::min(want.wanted(), static_cast<int64_t>(tokens_));
      tokens_ -= static_cast<double>(granted);
      granted_ += granted - want.returned();
      auto* grant = response.add_grants();
      grant->set_granted(granted);
      grant->set_holders(holders);
      if (granted == want.wanted()) continue;
      const absl::Duration wait =
          absl::Seconds((1 - (tokens_ - static_cast<double>(static_cast<int64_t>(tokens_)))) / limit_.per_second);
      grant->mutable_retry_after()->set_seconds(absl::ToInt64Seconds(wait));
      grant->mutable_retry_after()->set_nanos(
          static_cast<int32_t>(absl::ToInt64Nanoseconds(wait - absl::Seconds(absl::ToInt64Seconds(wait)))));
    }
    return response;
  }

 private:
  const OrderLimit limit_;
  double tokens_;
  int64_t granted_ = 0;
  absl::Time filled_ = absl::UnixEpoch();
};

// One feed with its renewer: it asks when woken, 2 ms apart at least, and in its pace otherwise; an answer takes 1 ms.
struct Replica {
  Replica(int index, const OrderLimit& limit, const absl::Time* now)
      : limits(
            std::to_string(index), [now] { return *now; }, [this] { woken = true; }),
        account(std::make_shared<LimitAccount>("partner-a", limit)),
        // They do not ask in step.
        next_ask(*now + absl::Milliseconds(7 * index)) {}

  bool woken = false;
  OrderLimits limits;
  std::shared_ptr<LimitAccount> account;
  absl::Time next_ask;
  absl::Time earliest_ask = absl::InfinitePast();
  int64_t admitted = 0;
  int64_t refused = 0;
  int requests = 0;

  struct InFlight {
    absl::Time at;
    std::vector<std::shared_ptr<LimitAccount>> asked;
    LeaseTokensRequest request;
    absl::StatusOr<LeaseTokensResponse> response;
  };
  std::optional<InFlight> in_flight;
};

class OrderLimitsTest : public ::testing::Test {
 protected:
  void Start(const OrderLimit& limit, int replicas) {
    bucket_ = std::make_unique<Bucket>(limit);
    for (int i = 0; i < replicas; ++i) replicas_.push_back(std::make_unique<Replica>(i, limit, &now_));
  }

  // Sends one message to a replica.
  void Send(int replica, int64_t orders, bool whole = false) {
    Replica& to = *replicas_[static_cast<size_t>(replica)];
    const auto count = [&to, orders](const Admission& admission) {
      to.admitted += admission.admitted;
      to.refused += orders - admission.admitted;
      if (admission.admitted < orders) EXPECT_GE(admission.retry_after, absl::Milliseconds(10));
    };
    if (const auto admission = to.limits.Try(to.account, orders, whole)) return count(*admission);
    to.limits.Wait(to.account, orders, whole, count);
  }

  // Lets a millisecond pass in which every replica gets so many messages of so many orders.
  void Run(int ms, const std::function<void(int replica)>& send) {
    for (int i = 0; i < ms; ++i) {
      now_ += absl::Milliseconds(1);
      for (int replica = 0; replica < static_cast<int>(replicas_.size()); ++replica) {
        send(replica);
        Renew(*replicas_[static_cast<size_t>(replica)]);
      }
    }
  }

  void Renew(Replica& replica) {
    if (replica.in_flight.has_value()) {
      if (now_ < replica.in_flight->at) return;
      const auto landed = std::move(*replica.in_flight);
      replica.in_flight.reset();
      replica.limits.Answer(landed.asked, landed.request, landed.response);
      replica.earliest_ask = now_ + absl::Milliseconds(2);
      replica.next_ask = replica.earliest_ask + replica.limits.Pace();
    }
    if (now_ < replica.earliest_ask || (!replica.woken && now_ < replica.next_ask)) return;
    replica.woken = false;
    replica.next_ask = now_ + replica.limits.Pace();
    Replica::InFlight next{now_ + absl::Milliseconds(1), {}, {}, absl::UnavailableError("away")};
    next.request = replica.limits.Next(&next.asked);
    if (next.asked.empty()) return;
    ++replica.requests;
    if (!away_) next.response = bucket_->Lease(next.request, static_cast<int>(replicas_.size()), now_);
    replica.in_flight = std::move(next);
  }

  int64_t Admitted() const {
    int64_t sum = 0;
    for (const auto& replica : replicas_) sum += replica->admitted;
    return sum;
  }

  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
  bool away_ = false;
  std::unique_ptr<Bucket> bucket_;
  std::vector<std::unique_ptr<Replica>> replicas_;
};

struct LoadCase {
  const char* name;
  OrderLimit limit;
  int replicas;
  int64_t orders_per_message;
  // Messages that each replica gets in a millisecond, at most; the number is drawn evenly.
  int messages;
};

class LoadTest : public OrderLimitsTest, public ::testing::WithParamInterface<LoadCase> {};

INSTANTIATE_TEST_SUITE_P(Cases, LoadTest,
                         ::testing::Values(LoadCase{"BurstBelowRate", {10'000, 5'000}, 3, 5, 4},
                                           LoadCase{"AHundredTimesTheLimit", {10'000, 5'000}, 3, 100, 7},
                                           LoadCase{"LargeMessages", {10'000, 5'000}, 3, 512, 1},
                                           LoadCase{"SingleOrders", {1'000, 1'000}, 3, 1, 4},
                                           LoadCase{"OneReplica", {10'000, 5'000}, 1, 20, 4},
                                           LoadCase{"SmallBurst", {1'000, 20}, 3, 1, 3},
                                           LoadCase{"LargeLimit", {300'000, 300'000}, 3, 512, 2},
                                           LoadCase{"SlowLimit", {50, 10}, 3, 1, 2}),
                         [](const auto& info) { return info.param.name; });

TEST_P(LoadTest, TheSumOfAllReplicasIsTheLimitWithin5Percent) {
  Start(GetParam().limit, GetParam().replicas);
  std::mt19937 random(7);
  const auto load = [&](int replica) {
    for (auto left = random() % static_cast<unsigned>(GetParam().messages + 1); left > 0; --left) {
      Send(replica, GetParam().orders_per_message);
    }
  };
  Run(5'000, load);
  const int64_t before = Admitted();
  constexpr int kSeconds = 30;
  Run(kSeconds * 1'000, load);
  const double limit = GetParam().limit.per_second * kSeconds;
  EXPECT_NEAR(static_cast<double>(Admitted() - before), limit, limit * 0.05);
  // From the very start: the burst, the rate, and no more than each replica's credit.
  const double start = static_cast<double>(GetParam().limit.burst) + GetParam().limit.per_second * (kSeconds + 5);
  EXPECT_LE(static_cast<double>(Admitted()), start * 1.05);
}

TEST_P(LoadTest, RefusedOrdersCostNoRequests) {
  Start(GetParam().limit, GetParam().replicas);
  Run(10'000, [this](int replica) {
    for (int i = 0; i < GetParam().messages; ++i) Send(replica, GetParam().orders_per_message);
  });
  for (const auto& replica : replicas_) {
    // In its pace, and a few while the bucket was full.
    const double in_pace = 10'000 / absl::ToDoubleMilliseconds(LeaseBalance(GetParam().limit).Pace());
    EXPECT_LE(replica->requests, in_pace * 1.3 + 20);
  }
}

TEST_F(OrderLimitsTest, UnevenReplicasShareWhatThereIs) {
  Start({10'000, 5'000}, 3);
  // One gets 100 times as much as another; the third comes and goes.
  const auto load = [this](int replica) {
    if (replica == 0) Send(0, 100);
    if (replica == 1) Send(1, 1);
    if (replica == 2 && absl::ToUnixSeconds(now_) % 4 < 2) Send(2, 50);
  };
  Run(5'000, load);
  const int64_t before = Admitted();
  Run(20'000, load);
  EXPECT_NEAR(static_cast<double>(Admitted() - before), 200'000, 10'000);
}

TEST_F(OrderLimitsTest, BelowTheLimitNothingIsRefused) {
  Start({10'000, 5'000}, 3);
  // 9,000 a second in all, in messages of 30 and in batches of 300 after pauses.
  Run(10'000, [this](int replica) {
    const int64_t ms = absl::ToUnixMillis(now_);
    if (replica < 2 && ms % 10 == replica) Send(replica, 30, /*whole=*/true);
    if (replica == 2 && ms % 100 == 0) Send(2, 300, /*whole=*/true);
  });
  for (const auto& replica : replicas_) EXPECT_EQ(replica->refused, 0);
  EXPECT_EQ(Admitted(), 2 * 30'000 + 30'000);
}

TEST_F(OrderLimitsTest, TheFirstOrdersOfAnIdlePartnerNeedNoRequest) {
  Start({10'000, 5'000}, 1);
  Run(10, [](int) {});
  Send(0, 250);
  EXPECT_EQ(Admitted(), 250);
  EXPECT_EQ(replicas_[0]->requests, 0);
  Send(0, 100);
  EXPECT_EQ(Admitted(), 250) << "these wait for a lease";
  Run(5, [](int) {});
  EXPECT_EQ(Admitted(), 350);
}

TEST_F(OrderLimitsTest, ABatchAboveTheBurstPassesOnceAndIsPaidForLater) {
  Start({1'000, 500}, 2);
  Send(0, 3'000, /*whole=*/true);
  Run(10, [](int) {});
  EXPECT_EQ(Admitted(), 3'000);
  // 2,500 are owed: for about 2.5 s this replica takes nothing.
  Run(2'000, [this](int replica) {
    if (replica == 0) Send(0, 1);
  });
  EXPECT_EQ(Admitted(), 3'000);
  Run(2'000, [this](int replica) {
    if (replica == 0) Send(0, 1);
  });
  EXPECT_NEAR(static_cast<double>(Admitted()), 3'000 + 1'500, 150);
}

TEST_F(OrderLimitsTest, WhatIsNotUsedGoesBackToTheOthers) {
  Start({100, 1'000}, 2);
  Send(0, 900, /*whole=*/true);
  Run(5, [](int) {});
  ASSERT_EQ(Admitted(), 900);
  Run(3'000, [](int) {});
  // 100 were left, 300 came: the first replica keeps none of them.
  Send(1, 390, /*whole=*/true);
  Run(5, [](int) {});
  EXPECT_EQ(Admitted(), 1'290);
}

TEST_F(OrderLimitsTest, NothingIsAskedForWhomNobodyUses) {
  Start({10'000, 5'000}, 1);
  Send(0, 10);
  Run(3'000, [](int) {});
  const int requests = replicas_[0]->requests;
  Run(10'000, [](int) {});
  EXPECT_EQ(replicas_[0]->requests, requests);
}

TEST_F(OrderLimitsTest, TheSumIsKeptWhileThePartnersServiceIsAwayAndAfterwards) {
  Start({10'000, 5'000}, 3);
  const auto load = [this](int replica) { Send(replica, 20); };
  Run(5'000, load);
  away_ = true;
  Run(500, load);
  int64_t before = Admitted();
  Run(20'000, load);
  EXPECT_NEAR(static_cast<double>(Admitted() - before), 200'000, 10'000);
  away_ = false;
  Run(2'000, load);
  before = Admitted();
  Run(20'000, load);
  EXPECT_NEAR(static_cast<double>(Admitted() - before), 200'000, 10'000);
}

TEST_F(OrderLimitsTest, ACrowdThatWaitsIsBounded) {
  Start({10'000, 5'000}, 1);
  int64_t refused = 0;
  for (int i = 0; i < 300; ++i) Send(0, 300, /*whole=*/true);
  for (const auto& replica : replicas_) refused += replica->refused;
  EXPECT_EQ(refused, (300 - 256) * 300);
  Run(10, [](int) {});
  EXPECT_EQ(Admitted() + replicas_[0]->refused, 300 * 300) << "everybody is answered";
}

TEST_F(OrderLimitsTest, AnotherLimitHoldsFromThenOn) {
  Start({1'000, 1'000}, 1);
  const auto load = [this](int replica) { Send(replica, 50); };
  Run(5'000, load);
  bucket_ = std::make_unique<Bucket>(OrderLimit{4'000, 1'000});
  replicas_[0]->account->SetLimit({4'000, 1'000});
  Run(2'000, load);
  const int64_t before = Admitted();
  Run(10'000, load);
  EXPECT_NEAR(static_cast<double>(Admitted() - before), 40'000, 2'000);
}

}  // namespace
}  // namespace ordermesh::feed
