// RetryService: errors that are sent again.
#pragma once

#include "ordermesh/feed/v1/retry_service.grpc.pb.h"
#include "services/feed/service/inlet.h"
#include "services/feed/service/partner_directory.h"

namespace ordermesh::feed {

// Thread-safe; nothing blocks.
class RetryService final : public v1::RetryService::CallbackService {
 public:
  RetryService(Inlet& inlet, const PartnerDirectory& partners) : inlet_(inlet), partners_(partners) {}

  grpc::ServerUnaryReactor* RetryOrder(grpc::CallbackServerContext* context, const v1::RetryOrderRequest* request,
                                       common::v1::OrderVerdict* response) override;
  grpc::ServerUnaryReactor* BatchRetryOrders(grpc::CallbackServerContext* context,
                                             const v1::BatchRetryOrdersRequest* request,
                                             v1::BatchRetryOrdersResponse* response) override;

 private:
  Inlet& inlet_;
  const PartnerDirectory& partners_;
};

}  // namespace ordermesh::feed
