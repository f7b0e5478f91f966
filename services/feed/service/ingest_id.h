// The id that an order gets when it comes in.
#pragma once

#include <random>

#include "absl/time/time.h"
#include "services/common/base/ids.h"

namespace ordermesh::feed {

// UUID version 7: `now` and 74 random bits. From any thread.
inline Uuid NewIngestId(absl::Time now) {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return MakeUuidV7(absl::ToUnixMillis(now), random(), random());
}

}  // namespace ordermesh::feed
