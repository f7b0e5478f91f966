#include "services/common/rpc/backup_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/unary.h"

namespace ordermesh::rpc {
namespace {

using backup::v1::CreateCheckpointRequest;
using backup::v1::CreateCheckpointResponse;
using backup::v1::ReadFileRequest;
using backup::v1::ReadFileResponse;

// Each holds a file open and at most one message.
constexpr int kMaxReaders = 16;

// One file on its way. Takes one of the readers' places, given back when the stream ends.
struct Transfer {
  Transfer(std::atomic<int>& readers, const ReadFileRequest& request)
      : readers(readers), allowed(readers.fetch_add(1) < kMaxReaders), request(request) {}
  ~Transfer() { readers.fetch_sub(1); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  std::atomic<int>& readers;
  const bool allowed;
  const ReadFileRequest request;
  // Made at the first read, because opening it may be refused.
  std::unique_ptr<CheckpointReader> reader;
};

}  // namespace

BackupService::BackupService(CheckpointSource& checkpoints, WatchHub& hub, Drain& drain)
    : checkpoints_(checkpoints), hub_(hub), drain_(drain), work_("checkpoint", 1), reads_("backups", 2) {}

grpc::ServerWriteReactor<CreateCheckpointResponse>* BackupService::CreateCheckpoint(grpc::CallbackServerContext*,
                                                                                    const CreateCheckpointRequest*) {
  // Dropping a checkpoint deletes files: where the caller went away, on the pool and not on gRPC's thread.
  const std::shared_ptr<CheckpointWork> work(checkpoints_.Start().release(),
                                             [this](CheckpointWork* ended) { work_.Run([ended] { delete ended; }); });
  return WatchStream<CreateCheckpointResponse>::Open(
      hub_, work_, drain_, [work](CreateCheckpointResponse* response) -> absl::StatusOr<WatchStep> {
        OM_ASSIGN_OR_RETURN(const bool more, work->Step(response));
        return more ? WatchStep::kMessage : WatchStep::kEnd;
      });
}

grpc::ServerWriteReactor<ReadFileResponse>* BackupService::ReadFile(grpc::CallbackServerContext*,
                                                                    const ReadFileRequest* request) {
  const auto transfer = std::make_shared<Transfer>(readers_, *request);
  return WatchStream<ReadFileResponse>::Open(
      hub_, reads_, drain_, [this, transfer](ReadFileResponse* response) -> absl::StatusOr<WatchStep> {
        if (!transfer->allowed) return Overloaded("reading of checkpoints");
        if (transfer->reader == nullptr) {
          OM_ASSIGN_OR_RETURN(transfer->reader, checkpoints_.Open(transfer->request));
        }
        OM_ASSIGN_OR_RETURN(const bool more, transfer->reader->Read(response->mutable_data()));
        return more ? WatchStep::kMessage : WatchStep::kEnd;
      });
}

grpc::ServerUnaryReactor* BackupService::DeleteCheckpoint(grpc::CallbackServerContext* context,
                                                          const backup::v1::DeleteCheckpointRequest* request,
                                                          backup::v1::DeleteCheckpointResponse*) {
  return RunOn(reads_, context, [this, request] { return checkpoints_.Delete(request->checkpoint_id()); });
}

}  // namespace ordermesh::rpc
