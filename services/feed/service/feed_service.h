// FeedService: where partners' orders come in.
#pragma once

#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/drain.h"
#include "services/feed/service/inlet.h"
#include "services/feed/service/receipts.h"

namespace ordermesh::feed {

class FeedService final : public v1::FeedService::CallbackService {
 public:
  // Both must outlive the service.
  FeedService(Inlet& inlet, rpc::Drain& drain) : inlet_(inlet), drain_(drain) {}

  grpc::ServerUnaryReactor* SubmitOrder(grpc::CallbackServerContext* context, const v1::SubmitOrderRequest* request,
                                        common::v1::OrderVerdict* response) override;
  grpc::ServerUnaryReactor* BatchSubmitOrders(grpc::CallbackServerContext* context,
                                              const v1::BatchSubmitOrdersRequest* request,
                                              v1::BatchSubmitOrdersResponse* response) override;
  grpc::ServerBidiReactor<v1::StreamOrdersRequest, v1::StreamOrdersResponse>* StreamOrders(
      grpc::CallbackServerContext* context) override;

 private:
  absl::Status TakeMessage(const StreamReceipt::Stream::Ptr& stream, v1::StreamOrdersRequest& request,
                           const std::string& traceparent);

  Inlet& inlet_;
  rpc::Drain& drain_;
};

}  // namespace ordermesh::feed
