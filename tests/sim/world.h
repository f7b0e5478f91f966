// One simulation: a small mesh, its callers, what goes wrong, and the checks.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/context.h"
#include "tests/sim/settings.h"

namespace ordermesh::sim {

struct Outcome {
  // Empty where every promise held.
  std::string broken;
  // Over everything that happened.
  uint64_t hash = 0;
  int64_t ops = 0;
  int64_t orders = 0;
  int64_t deaths = 0;
  Coverage coverage;
  // Where it was asked for: a line for everything that happened, with its time in us.
  std::string trace;
};

// `folder` is for this simulation alone. The same seed and plant always give the same outcome.
Outcome Simulate(uint64_t seed, Plant plant, const std::string& folder, bool verbose);

}  // namespace ordermesh::sim
