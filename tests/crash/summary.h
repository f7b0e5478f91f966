// What a check found, for programs.
#pragma once

#include "nlohmann/json.hpp"
#include "tests/crash/checker.h"

namespace ordermesh::crash {

// {"ok", "sent", "acknowledged", "rejected", "unknowns", "unknownResolved", "stored", "errors", "lost" (K1),
// "phantoms" (K2), "doubled" (K3), "reordered" (K4), "holes" (K5), "unstable" (K7), "unresolved" (K9), "broken": the
// first of each in words}. `stored` and `errors` count everything in the stores.
nlohmann::ordered_json SummaryOf(const Checker& checker);

}  // namespace ordermesh::crash
