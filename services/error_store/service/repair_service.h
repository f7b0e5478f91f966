// RepairService: many errors at once.
#pragma once

#include "ordermesh/error/v1/repair_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/watch_stream.h"
#include "services/error_store/service/job_runner.h"
#include "services/error_store/service/validator.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

// Thread-safe; nothing blocks gRPC's threads. Jobs are answered when they are durable.
class RepairService final : public ordermesh::error::v1::RepairService::CallbackService {
 public:
  // Borrows all that it is given.
  RepairService(ErrorStore& store, rpc::WatchHub& hub, rpc::Drain& drain, JobRunner& runner, Validator& validator);

  grpc::ServerUnaryReactor* DerivePatch(grpc::CallbackServerContext* context,
                                        const ordermesh::error::v1::DerivePatchRequest* request,
                                        ordermesh::error::v1::Patch* response) override;
  grpc::ServerWriteReactor<ordermesh::error::v1::PreviewJobResponse>* PreviewJob(
      grpc::CallbackServerContext* context, const ordermesh::error::v1::PreviewJobRequest* request) override;
  grpc::ServerUnaryReactor* ProposeMapping(grpc::CallbackServerContext* context,
                                           const ordermesh::error::v1::ProposeMappingRequest* request,
                                           ordermesh::error::v1::ProposeMappingResponse* response) override;
  grpc::ServerUnaryReactor* StartJob(grpc::CallbackServerContext* context,
                                     const ordermesh::error::v1::StartJobRequest* request,
                                     JobMessage* response) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context,
                                   const ordermesh::error::v1::GetJobRequest* request, JobMessage* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context,
                                     const ordermesh::error::v1::ListJobsRequest* request,
                                     ordermesh::error::v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context,
                                      const ordermesh::error::v1::CancelJobRequest* request,
                                      JobMessage* response) override;

 private:
  absl::Status Start(const Actor& actor, const ordermesh::error::v1::StartJobRequest& request, JobMessage* response);

  ErrorStore& store_;
  rpc::WatchHub& hub_;
  rpc::Drain& drain_;
  JobRunner& runner_;
  Validator& validator_;
  WorkerPool calls_;
  // A preview takes long: none holds up the other calls.
  WorkerPool previews_;
};

}  // namespace ordermesh::error_store
