#include "services/common/rpc/unary.h"

#include <utility>

#include "services/common/rpc/status.h"

namespace ordermesh::rpc {

grpc::ServerUnaryReactor* RunOn(WorkerPool& pool, grpc::CallbackServerContext* context,
                                std::function<absl::Status()> handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool queued = pool.TryRun([context, reactor, handler = std::move(handler)] {
    reactor->Finish(ToGrpc(context->IsCancelled() ? absl::CancelledError("the caller went away") : handler()));
  });
  if (!queued) reactor->Finish(ToGrpc(Overloaded("the queue of reads")));
  return reactor;
}

}  // namespace ordermesh::rpc
