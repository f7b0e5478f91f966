// A token bucket in exact arithmetic. Pure: the time comes in, as the time since any fixed moment on a clock that never
// goes back.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "ordermesh/partners/v1/partner.pb.h"

namespace ordermesh::partners {

// What a bucket is refilled with: `amount` tokens a period, at most `burst` are saved up.
struct Rate {
  int64_t amount = 1;
  absl::Duration period = absl::Seconds(1);
  int64_t burst = 1;

  // Of a checked limit: an empty period is 1 s, a burst of 0 the amount.
  static Rate Of(const v1::RateLimit& limit);
  friend bool operator==(const Rate&, const Rate&) = default;
};

// Not thread-safe. A time before one that came earlier counts as that one.
class TokenBucket {
 public:
  // Full.
  TokenBucket(const Rate& rate, absl::Duration now) : rate_(rate), filled_at_(now), level_(Capacity()) {}

  // From now on; the whole tokens that are there stay, up to the new burst.
  void SetRate(const Rate& rate, absl::Duration now);
  // Takes up to `wanted` tokens; gives how many. Never more than there are.
  int64_t Take(int64_t wanted, absl::Duration now);
  // Puts tokens back, up to the burst.
  void Return(int64_t tokens, absl::Duration now);

  // Whole tokens that are there.
  int64_t Balance(absl::Duration now);
  // Until there is a whole token; zero where there is one.
  absl::Duration UntilNext(absl::Duration now);
  bool IsFull(absl::Duration now);
  const Rate& rate() const { return rate_; }

 private:
  // Levels are counted in tokens / period in ns, so that a nanosecond adds exactly `amount`.
  using Level = __int128;
  Level PeriodNanos() const { return absl::ToInt64Nanoseconds(rate_.period); }
  Level Capacity() const { return PeriodNanos() * rate_.burst; }
  void Refill(absl::Duration now);

  Rate rate_;
  absl::Duration filled_at_;
  Level level_;
};

}  // namespace ordermesh::partners
