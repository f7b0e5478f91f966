// Feeds the checker with what the stores hold, read as any follower would read it.
#pragma once

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "tests/crash/checker.h"

namespace ordermesh::crash {

// Every event of the history file.
absl::Status ReadHistory(const std::string& path, Checker& checker);

// Follows orders and errors from position 0 to the end, as operator. An error is one of reading; broken promises are in
// the checker.
absl::Status ReadStores(const std::shared_ptr<grpc::Channel>& edge, Checker& checker);

// The statistics of orders are those of the rows that were read; only where nothing comes in.
absl::Status CompareStats(const std::shared_ptr<grpc::Channel>& edge, Checker& checker);

// Both stores' own audit, with everything made again from the log (K6).
absl::Status AuditStores(const std::shared_ptr<grpc::Channel>& edge, Checker& checker);

// GetOrder and GetError of every `stride`-th number below `numbers`: the payload byte for byte.
absl::Status ReadSingly(const std::shared_ptr<grpc::Channel>& edge, const Workload& workload, uint64_t numbers,
                        uint64_t stride, Checker& checker);

}  // namespace ordermesh::crash
