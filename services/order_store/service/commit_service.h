// The stream on which validation commits orders.
#pragma once

#include <memory>

#include "ordermesh/order/v1/order_commit_service.grpc.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/drain.h"
#include "services/order_store/store/order_store.h"

namespace ordermesh::order_store {

class CommitService final : public order::v1::OrderCommitService::CallbackService {
 public:
  // Both must outlive the service.
  CommitService(OrderStore& store, rpc::Drain& drain) : store_(store), drain_(drain) {}

  grpc::ServerBidiReactor<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>* CommitOrders(
      grpc::CallbackServerContext* context) override;

 private:
  OrderStore& store_;
  rpc::Drain& drain_;
};

// The answers of a decided group.
order::v1::CommitOrdersResponse MakeResponse(PreparedGroup& group, uint32_t shard);

// INVALID_ARGUMENT where the message breaks the protocol's bounds.
absl::Status CheckMessage(const order::v1::CommitOrdersRequest& request);

}  // namespace ordermesh::order_store
