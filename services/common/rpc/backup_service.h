// Serves the checkpoints of a store to ordermesh-backup.
#pragma once

#include <atomic>

#include "ordermesh/backup/v1/backup_service.grpc.pb.h"
#include "services/common/base/checkpoint_source.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/watch_stream.h"

namespace ordermesh::rpc {

// Works on threads of its own: one makes checkpoints, two read files.
class BackupService final : public backup::v1::BackupService::CallbackService {
 public:
  // All must outlive it.
  BackupService(CheckpointSource& checkpoints, WatchHub& hub, Drain& drain);

  grpc::ServerWriteReactor<backup::v1::CreateCheckpointResponse>* CreateCheckpoint(
      grpc::CallbackServerContext* context, const backup::v1::CreateCheckpointRequest* request) override;
  grpc::ServerWriteReactor<backup::v1::ReadFileResponse>* ReadFile(grpc::CallbackServerContext* context,
                                                                   const backup::v1::ReadFileRequest* request) override;
  grpc::ServerUnaryReactor* DeleteCheckpoint(grpc::CallbackServerContext* context,
                                             const backup::v1::DeleteCheckpointRequest* request,
                                             backup::v1::DeleteCheckpointResponse* response) override;

 private:
  CheckpointSource& checkpoints_;
  WatchHub& hub_;
  Drain& drain_;
  // Files that are being read.
  std::atomic<int> readers_ = 0;
  // Last, so that their threads end first.
  WorkerPool work_;
  WorkerPool reads_;
};

}  // namespace ordermesh::rpc
