#include "services/feed/domain/lease_balance.h"

#include <algorithm>
#include <cmath>

namespace ordermesh::feed {
namespace {

constexpr double kCreditShare = 0.05;
// What is held of recent use: enough for several rounds to the bucket, little enough to leave the others theirs.
constexpr absl::Duration kHold = absl::Milliseconds(150);
constexpr absl::Duration kUseWindow = absl::Milliseconds(100);
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kPace = absl::Milliseconds(20);
constexpr absl::Duration kFastestPace = absl::Milliseconds(2);
constexpr absl::Duration kShortestRetry = absl::Milliseconds(10);
constexpr absl::Duration kLongestRetry = absl::Hours(24);
// The most that one want may ask for.
constexpr int64_t kMaxWanted = 1'000'000;

}  // namespace

OrderLimit ToOrderLimit(const partners::v1::Partner& partner) {
  const auto& limit = partner.order_limit();
  if (limit.amount() <= 0) return {};
  double seconds = static_cast<double>(limit.period().seconds()) + limit.period().nanos() / 1e9;
  if (seconds <= 0) seconds = 1;
  return {static_cast<double>(limit.amount()) / seconds, limit.burst() > 0 ? limit.burst() : limit.amount()};
}

void LeaseBalance::SetLimit(const OrderLimit& limit) {
  if (limit == limit_) return;
  limit_ = limit;
  // More than a burst is never saved up, and the bucket may be full again.
  balance_ = std::min(balance_, static_cast<double>(limit.burst));
  empty_until_ = absl::InfinitePast();
}

double LeaseBalance::Credit() const {
  return std::max(1.0, std::floor(kCreditShare * static_cast<double>(limit_.burst)));
}

int64_t LeaseBalance::Take(int64_t orders, bool whole, absl::Time now) {
  Refill(now);
  const auto available = static_cast<int64_t>(std::max(0.0, std::floor(balance_ + Credit())));
  int64_t taken = std::min(orders, available);
  if (whole) taken = available >= Need(orders) ? orders : 0;
  if (taken == 0) return 0;
  balance_ -= static_cast<double>(taken);
  used_ += taken;
  last_use_ = now;
  return taken;
}

bool LeaseBalance::Covers(int64_t orders, absl::Time now) {
  Refill(now);
  return balance_ + Credit() >= static_cast<double>(orders);
}

// Never more than the bucket can hold.
int64_t LeaseBalance::Need(int64_t orders) const { return std::min(orders, limit_.burst); }

absl::Duration LeaseBalance::RetryAfter(int64_t orders, bool whole, absl::Time now) const {
  const double missing = static_cast<double>(whole ? Need(orders) : 1) - (balance_ + Credit());
  const double share = away_ ? limit_.per_second / holders_ : limit_.per_second;
  absl::Duration wait = missing > 0 ? absl::Seconds(missing / share) : absl::ZeroDuration();
  if (!away_) wait = std::max(wait, empty_until_ - now);
  return std::clamp(absl::Ceil(wait, absl::Milliseconds(1)), kShortestRetry, kLongestRetry);
}

LeaseBalance::Want LeaseBalance::NextWant(int64_t demand, absl::Time now) {
  Refill(now);
  if (now > last_want_) {
    const double seconds = absl::ToDoubleSeconds(std::min(now - last_want_, kIdle));
    const double weight = 1 - std::exp(-seconds / absl::ToDoubleSeconds(kUseWindow));
    use_ += weight * (static_cast<double>(used_) / seconds - use_);
    used_ = 0;
    last_want_ = now;
  }
  if (IsIdle(now) && demand == 0) {
    if (away_) return {};
    const Want want{balance_ < 0 && CanAsk(now) ? static_cast<int64_t>(std::ceil(-balance_)) : 0,
                    static_cast<int64_t>(std::max(0.0, balance_))};
    balance_ = std::min(balance_, 0.0);
    // What goes back can be had again.
    if (want.returned > 0) empty_until_ = absl::InfinitePast();
    return want;
  }
  if (!away_ && now < empty_until_) return {};
  const double hold =
      std::clamp(std::ceil(use_ * absl::ToDoubleSeconds(kHold)), 1.0, static_cast<double>(limit_.burst));
  const double missing = hold + static_cast<double>(demand) - balance_;
  return {std::clamp(static_cast<int64_t>(std::ceil(missing)), int64_t{0}, kMaxWanted), 0};
}

void LeaseBalance::Granted(int64_t wanted, int64_t granted, absl::Duration retry_after, int32_t holders,
                           absl::Time now) {
  Refill(now);
  away_ = false;
  balance_ += static_cast<double>(granted);
  holders_ = std::max(1, holders);
  if (wanted == 0) return;
  empty_until_ = granted < wanted ? now + std::max(retry_after, Pace()) : absl::InfinitePast();
}

void LeaseBalance::Failed(absl::Time now) {
  if (away_) return Refill(now);
  away_ = true;
  refilled_ = now;
  const double share = static_cast<double>(limit_.burst) / holders_;
  // After so long without use the bucket would be full.
  const bool full = now - last_use_ > absl::Seconds(static_cast<double>(limit_.burst) / limit_.per_second) + kIdle;
  if (full && balance_ >= 0) balance_ = std::max(balance_, share);
}

void LeaseBalance::Back() {
  away_ = false;
  balance_ = std::min(balance_, 0.0);
}

void LeaseBalance::Refill(absl::Time now) {
  if (!away_ || now <= refilled_) return;
  const double share = std::max(1.0, static_cast<double>(limit_.burst) / holders_);
  const double more = limit_.per_second / holders_ * absl::ToDoubleSeconds(now - refilled_);
  if (balance_ < share) balance_ = std::min(balance_ + more, share);
  refilled_ = now;
}

bool LeaseBalance::IsIdle(absl::Time now) const { return now - last_use_ > kIdle; }

bool LeaseBalance::IsSettled(absl::Time now) const { return IsIdle(now) && balance_ >= 0 && (away_ || balance_ < 1); }

absl::Duration LeaseBalance::Pace() const {
  const absl::Duration half = absl::Seconds(0.5 * static_cast<double>(limit_.burst) / limit_.per_second);
  return std::clamp(half, kFastestPace, kPace);
}

}  // namespace ordermesh::feed
