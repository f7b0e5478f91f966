// Many simulations on all processors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/world.h"

namespace ordermesh::sim {

struct RunOptions {
  uint64_t first_seed = 1;
  uint64_t seeds = 1;
  Plant plant = Plant::kNone;
  // Threads; each simulation has one.
  int jobs = 1;
};

// All seeds together.
struct Summary {
  uint64_t seeds = 0;
  int64_t ops = 0;
  int64_t orders = 0;
  int64_t deaths = 0;
  Coverage coverage;
  // The lowest seed that broke a promise, of those that were run until one did; and which.
  std::optional<uint64_t> broken_seed;
  std::string broken;
};

// Stops at the first broken promise. Whether there is one, and without one everything else, depends on the options
// alone.
Summary RunSeeds(const RunOptions& options);

}  // namespace ordermesh::sim
