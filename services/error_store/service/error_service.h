// Reading, following and auditing errors. Everything that touches the disk runs on pools of its own.
#pragma once

#include <prometheus/gauge.h>

#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/watch_stream.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

class ErrorService final : public ordermesh::error::v1::ErrorService::CallbackService {
 public:
  // Borrows store, hub and drain. The hub must be notified whenever the store's end advances.
  ErrorService(const ErrorStore& store, rpc::WatchHub& hub, rpc::Drain& drain, int read_threads);

  grpc::ServerUnaryReactor* GetError(grpc::CallbackServerContext* context,
                                     const ordermesh::error::v1::GetErrorRequest* request,
                                     ErrorMessage* response) override;
  grpc::ServerUnaryReactor* ListErrors(grpc::CallbackServerContext* context,
                                       const ordermesh::error::v1::ListErrorsRequest* request,
                                       ordermesh::error::v1::ListErrorsResponse* response) override;
  grpc::ServerUnaryReactor* ListErrorDeliveries(grpc::CallbackServerContext* context,
                                                const ordermesh::error::v1::ListErrorDeliveriesRequest* request,
                                                ordermesh::error::v1::ListErrorDeliveriesResponse* response) override;
  grpc::ServerUnaryReactor* GetErrorStats(grpc::CallbackServerContext* context,
                                          const ordermesh::error::v1::GetErrorStatsRequest* request,
                                          ordermesh::error::v1::ErrorStats* response) override;
  grpc::ServerWriteReactor<ordermesh::error::v1::WatchErrorsResponse>* WatchErrors(
      grpc::CallbackServerContext* context, const ordermesh::error::v1::WatchErrorsRequest* request) override;
  grpc::ServerWriteReactor<ordermesh::common::v1::ExportChunk>* ExportErrors(
      grpc::CallbackServerContext* context, const ordermesh::error::v1::ExportErrorsRequest* request) override;
  grpc::ServerWriteReactor<ordermesh::common::v1::AuditResponse>* AuditErrors(
      grpc::CallbackServerContext* context, const ordermesh::common::v1::AuditRequest* request) override;

 private:
  const ErrorStore& store_;
  rpc::WatchHub& hub_;
  rpc::Drain& drain_;
  prometheus::Gauge& watchers_;
  WorkerPool reads_;
  WorkerPool exports_;
  // One audit reads at a time, and none holds up the other reads.
  WorkerPool audits_;
};

}  // namespace ordermesh::error_store
