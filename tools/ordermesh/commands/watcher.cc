#include "tools/ordermesh/commands/watcher.h"

namespace ordermesh::cli {
namespace {

// A process that dies leaves CANCELLED, INTERNAL or UNKNOWN behind too.
bool IsInterruption(const absl::Status& status) {
  return client::IsRetryable(status) || absl::IsCancelled(status) || absl::IsInternal(status) ||
         absl::IsUnknown(status);
}

}  // namespace

absl::Status WatchThroughRestarts(const client::Patience& patience, WatchPlace& place, const WatchOnce& once) {
  client::Backoff backoff;
  absl::Time end = patience.now() + patience.wait;
  while (true) {
    const int64_t before = place.after_position;
    const absl::Status status = once(place);
    if (status.ok() || !IsInterruption(status)) return status;
    if (place.after_position != before) {
      end = patience.now() + patience.wait;
      backoff.Reset();
    }
    const absl::Duration pause = backoff.Next();
    if (patience.now() + pause >= end) return status;
    patience.sleep(pause);
  }
}

}  // namespace ordermesh::cli
