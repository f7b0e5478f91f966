// How an item that kills its peer is found: the more deaths an item was in flight at, the fewer travel with it.
#pragma once

#include <array>
#include <cstddef>
#include <limits>

#include "absl/time/time.h"

namespace ordermesh::rpc {

//   deaths  travels with
//   0       the whole window
//   1       at most 255 others
//   2       at most 31 others
//   3       nobody: if the peer dies again, it was this item
//   4       the whole window again, marked to be parked unopened
inline constexpr std::array<size_t, 5> kSuspectLimits = {std::numeric_limits<size_t>::max(), 256, 32, 1,
                                                         std::numeric_limits<size_t>::max()};

// A peer that dies later than this after it was given an item died of something else: for example the item waited there
// for a store that was away.
inline constexpr absl::Duration kSuspectFor = absl::Seconds(5);

inline constexpr bool IsPoison(int deaths) { return deaths >= 4; }

// The limit that the items in flight on one stream set together.
class SuspectWindow {
 public:
  void Sent(int deaths) { ++in_flight_[Level(deaths)]; }
  void Landed(int deaths) { --in_flight_[Level(deaths)]; }

  // How many may be in flight, counted with an item of so many deaths.
  size_t LimitWith(int deaths) const {
    size_t limit = kSuspectLimits[Level(deaths)];
    for (size_t level = 1; level < kSuspectLimits.size(); ++level) {
      if (in_flight_[level] > 0 && kSuspectLimits[level] < limit) limit = kSuspectLimits[level];
    }
    return limit;
  }

 private:
  static size_t Level(int deaths) {
    return static_cast<size_t>(deaths) < kSuspectLimits.size() ? static_cast<size_t>(deaths)
                                                               : kSuspectLimits.size() - 1;
  }

  std::array<size_t, kSuspectLimits.size()> in_flight_{};
};

}  // namespace ordermesh::rpc
