#include "services/partners/domain/token_bucket.h"

#include <algorithm>

namespace ordermesh::partners {

Rate Rate::Of(const v1::RateLimit& limit) {
  Rate rate;
  rate.amount = limit.amount();
  if (limit.has_period()) {
    rate.period = absl::Seconds(limit.period().seconds()) + absl::Nanoseconds(limit.period().nanos());
  }
  rate.burst = limit.burst() == 0 ? limit.amount() : limit.burst();
  return rate;
}

void TokenBucket::SetRate(const Rate& rate, absl::Duration now) {
  if (rate == rate_) return;
  const int64_t tokens = Balance(now);
  rate_ = rate;
  level_ = std::min(Capacity(), PeriodNanos() * tokens);
}

int64_t TokenBucket::Take(int64_t wanted, absl::Duration now) {
  const int64_t taken = std::clamp<int64_t>(wanted, 0, Balance(now));
  level_ -= PeriodNanos() * taken;
  return taken;
}

void TokenBucket::Return(int64_t tokens, absl::Duration now) {
  Refill(now);
  level_ = std::min(Capacity(), level_ + PeriodNanos() * std::max<int64_t>(tokens, 0));
}

int64_t TokenBucket::Balance(absl::Duration now) {
  Refill(now);
  return static_cast<int64_t>(level_ / PeriodNanos());
}

absl::Duration TokenBucket::UntilNext(absl::Duration now) {
  if (Balance(now) > 0) return absl::ZeroDuration();
  const Level missing = PeriodNanos() - level_;
  return absl::Nanoseconds(static_cast<int64_t>((missing + rate_.amount - 1) / rate_.amount));
}

bool TokenBucket::IsFull(absl::Duration now) {
  Refill(now);
  return level_ == Capacity();
}

void TokenBucket::Refill(absl::Duration now) {
  if (now <= filled_at_) return;
  // Past the time that fills any bucket the exact length does not matter; the product stays far below 2^127.
  const Level elapsed = absl::ToInt64Nanoseconds(now - filled_at_);
  filled_at_ = now;
  level_ = std::min(Capacity(), level_ + elapsed * rate_.amount);
}

}  // namespace ordermesh::partners
