#include "tools/ordermesh/client/retry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace ordermesh::client {

absl::Duration Backoff::Next() {
  const absl::Duration pause = next_;
  next_ = std::min(next_ * 1.5, kLongestPause);
  return pause;
}

bool IsRetryable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsDeadlineExceeded(status);
}

absl::Status RetryWhileAway(const Patience& patience, const std::function<absl::Status(absl::Duration left)>& attempt) {
  const absl::Time end = patience.now() + patience.wait;
  Backoff backoff;
  while (true) {
    const absl::Status status = attempt(std::max(end - patience.now(), absl::Seconds(1)));
    if (status.ok() || !IsRetryable(status)) return status;
    const absl::Duration pause = backoff.Next();
    if (patience.now() + pause >= end) {
      return absl::Status(status.code(), absl::StrCat(status.message(), " (waited ",
                                                      absl::FormatDuration(patience.wait), "; --wait changes that)"));
    }
    patience.sleep(pause);
  }
}

}  // namespace ordermesh::client
