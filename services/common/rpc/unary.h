// Unary handlers that read from a store: on a bounded pool of their own, never on gRPC's callback threads.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>

#include "absl/status/status.h"
#include "services/common/base/worker_pool.h"

namespace ordermesh::rpc {

// Answers with what `handler` returns. RESOURCE_EXHAUSTED at once when too many calls wait for the pool. The request
// and response that the handler captures live until it has returned.
grpc::ServerUnaryReactor* RunOn(WorkerPool& pool, grpc::CallbackServerContext* context,
                                std::function<absl::Status()> handler);

}  // namespace ordermesh::rpc
