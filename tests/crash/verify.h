// Feeds the checker with what the stores hold, read as any follower would read it.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "tests/crash/checker.h"
#include "tests/support/mesh.h"

namespace ordermesh::crash {

// Every event of the history file.
absl::Status ReadHistory(const std::string& path, Checker& checker);

// Follows orders and errors from position 0 to the end, and compares statistics with what was seen. An error is one of
// reading; broken promises are in the checker.
absl::Status ReadStores(testing::Mesh& mesh, Checker& checker);

// Both stores' own audit, with everything made again from the log (K6).
absl::Status AuditStores(testing::Mesh& mesh, Checker& checker);

// GetOrder and GetError of every `stride`-th number below `numbers`: the payload byte for byte.
absl::Status ReadSingly(testing::Mesh& mesh, const Workload& workload, uint64_t numbers, uint64_t stride,
                        Checker& checker);

}  // namespace ordermesh::crash
