// Reading, following and auditing the orders of a shard.
#pragma once

#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/watch_stream.h"
#include "services/order_store/store/order_store.h"

namespace ordermesh::order_store {

class OrderService final : public order::v1::OrderService::CallbackService {
 public:
  // All must outlive the service. `hub` is notified after each commit.
  OrderService(OrderStore& store, rpc::WatchHub& hub, rpc::Drain& drain);

  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context, const order::v1::GetOrderRequest* request,
                                     order::v1::Order* response) override;
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const order::v1::ListOrdersRequest* request,
                                       order::v1::ListOrdersResponse* response) override;
  grpc::ServerUnaryReactor* ListOrderDeliveries(grpc::CallbackServerContext* context,
                                                const order::v1::ListOrderDeliveriesRequest* request,
                                                order::v1::ListOrderDeliveriesResponse* response) override;
  grpc::ServerUnaryReactor* GetOrderStats(grpc::CallbackServerContext* context,
                                          const order::v1::GetOrderStatsRequest* request,
                                          order::v1::OrderStats* response) override;
  grpc::ServerWriteReactor<common::v1::ExportChunk>* ExportOrders(
      grpc::CallbackServerContext* context, const order::v1::ExportOrdersRequest* request) override;
  grpc::ServerWriteReactor<common::v1::AuditResponse>* AuditOrders(grpc::CallbackServerContext* context,
                                                                   const common::v1::AuditRequest* request) override;

 private:
  // WatchOrders. Its answers hold orders as bytes: most of what is stored goes out as it is.
  grpc::ServerWriteReactor<order::internal::v1::WatchOrdersResponse>* OpenWatch(
      grpc::CallbackServerContext* context, const order::v1::WatchOrdersRequest* request);

  OrderStore& store_;
  rpc::WatchHub& hub_;
  rpc::Drain& drain_;
  // Short reads, watches and audits apart: none may hold up the others.
  WorkerPool reads_;
  WorkerPool watches_;
  WorkerPool audits_;
};

}  // namespace ordermesh::order_store
