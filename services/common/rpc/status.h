// absl::Status on the wire: canonical code, message and google.rpc details.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace ordermesh::rpc {

// Keeps every detail (google.rpc.Status in grpc-status-details-bin).
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

// What a stream ends with when its server drains: UNAVAILABLE, reason DRAINING, with RetryInfo.
absl::Status DrainingStatus();
bool IsDraining(const absl::Status& status);

// RESOURCE_EXHAUSTED with RetryInfo: `what` is full.
absl::Status Overloaded(std::string_view what);

}  // namespace ordermesh::rpc
