// ValidationService: maps, checks and routes; and tries mappings out.
#pragma once

#include <string>

#include "ordermesh/validation/v1/validation_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/validation/service/plan_registry.h"
#include "services/validation/service/router.h"

namespace ordermesh::validation {

// Faults for tests; all off unless the process was started with --test_faults.
struct TestFaults {
  // The process dies when it opens an order whose payload, or typed order, contains this text.
  std::string crash_on;
};

class ValidationService final : public v1::ValidationService::CallbackService {
 public:
  // Everything must outlive the service. Orders are examined on `pool`. Until `plans` knows the partners orders are
  // answered UNAVAILABLE; mappings can be checked all the same, since the partners' first configs are.
  ValidationService(const PlanRegistry& plans, Router& router, WorkerPool& pool, rpc::Drain& drain, TestFaults faults)
      : plans_(plans), router_(router), pool_(pool), drain_(drain), faults_(std::move(faults)) {}

  grpc::ServerBidiReactor<v1::ValidateOrdersRequest, v1::ValidateOrdersResponse>* ValidateOrders(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* CheckMapping(grpc::CallbackServerContext* context, const v1::CheckMappingRequest* request,
                                         v1::CheckMappingResponse* response) override;
  grpc::ServerUnaryReactor* DryRun(grpc::CallbackServerContext* context, const v1::DryRunRequest* request,
                                   v1::DryRunResponse* response) override;
  grpc::ServerUnaryReactor* BatchDryRun(grpc::CallbackServerContext* context, const v1::BatchDryRunRequest* request,
                                        v1::BatchDryRunResponse* response) override;
  grpc::ServerUnaryReactor* DraftMapping(grpc::CallbackServerContext* context, const v1::DraftMappingRequest* request,
                                         v1::DraftMappingResponse* response) override;

 private:
  void ExamineMessage(const FeedStream::Ptr& stream, v1::ValidateOrdersRequest& request);
  void ExamineGroup(const FeedStream::Ptr& stream, const PlanSet* plans, v1::InboundGroup& group, absl::Time now,
                    Departures& departures);
  absl::Status TryOut(const v1::DryRunRequest& request, v1::DryRunResponse* response) const;
  absl::Status Draft(const v1::DraftMappingRequest& request, v1::DraftMappingResponse* response) const;

  const PlanRegistry& plans_;
  Router& router_;
  WorkerPool& pool_;
  rpc::Drain& drain_;
  const TestFaults faults_;
};

}  // namespace ordermesh::validation
