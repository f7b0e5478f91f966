// Waiting for a part of the mesh that is away.
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ordermesh::client {

// How long a client bears it that a part is away. Tests give a clock and a sleeper of their own.
struct Patience {
  absl::Duration wait = absl::Seconds(30);
  std::function<absl::Time()> now = absl::Now;
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
};

inline constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
inline constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

// The pause before the next attempt: 100 ms, growing to 500 ms. It stays short because a part that died is back within
// a second.
class Backoff {
 public:
  absl::Duration Next();
  void Reset() { next_ = kFirstPause; }

 private:
  absl::Duration next_ = kFirstPause;
};

// Whether the same call may succeed later: UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED.
bool IsRetryable(const absl::Status& status);

// Calls `attempt` until its status is not retryable or the wait is over; then the last status comes back, with a word
// on how long was waited. `attempt` gets the time that is left, for its deadline: at least one second.
absl::Status RetryWhileAway(const Patience& patience, const std::function<absl::Status(absl::Duration left)>& attempt);

}  // namespace ordermesh::client
