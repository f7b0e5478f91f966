// Following a store's stream through crashes and restarts of the store.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::cli {

// Where a watch stands in one shard.
struct WatchPlace {
  int64_t after_position = 0;
  // Start at the end; false once a position is known.
  bool from_end = false;
};

// Opens a stream at the place, moves the place with every message and returns how the stream ended. OK means that
// nothing more is wanted.
using WatchOnce = std::function<absl::Status(WatchPlace& place)>;

// Calls `once` until it returns OK or a status that is not an interruption. A store may be away for `patience.wait` at
// a time; every message starts that anew.
absl::Status WatchThroughRestarts(const client::Patience& patience, WatchPlace& place, const WatchOnce& once);

}  // namespace ordermesh::cli
