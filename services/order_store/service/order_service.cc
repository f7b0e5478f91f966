#include "services/order_store/service/order_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/method_index.h"
#include "services/common/rpc/unary.h"
#include "services/common/telemetry/metrics.h"
#include "services/order_store/domain/errors.h"
#include "services/order_store/domain/order_lines.h"

namespace ordermesh::order_store {
namespace {

using common::v1::AuditRequest;
using common::v1::AuditResponse;
using order::internal::v1::WatchOrdersResponse;
using order::v1::WatchOrdersRequest;

constexpr int kReadThreads = 2;
constexpr int kWatchThreads = 2;

// Hands what the store answered to gRPC.
template <typename T>
absl::Status Into(T* response, absl::StatusOr<T> answer) {
  if (answer.ok()) *response = *std::move(answer);
  return answer.status();
}

// Counts those who watch.
class WatchCount {
 public:
  WatchCount() { Watching().Increment(); }
  ~WatchCount() { Watching().Decrement(); }
  WatchCount(const WatchCount&) = delete;
  WatchCount& operator=(const WatchCount&) = delete;

 private:
  static prometheus::Gauge& Watching() {
    static prometheus::Gauge& watching = telemetry::Gauge("ordermesh_order_watchers", "Open WatchOrders streams");
    return watching;
  }
};

// The request as its caller may ask it: a partner sees its own orders only. PERMISSION_DENIED where it names another's.
template <typename Request>
absl::StatusOr<Request> Narrowed(const Request& request, const std::optional<rpc::Identity>& identity) {
  OM_ASSIGN_OR_RETURN(std::string visible, rpc::VisiblePartner(identity, request.partner_id()));
  Request narrowed = request;
  narrowed.set_partner_id(std::move(visible));
  return narrowed;
}

// The follower of one watch, made at its first read: opening it may already be refused.
struct Watch {
  absl::StatusOr<WatchOrdersRequest> request;
  std::unique_ptr<Follower> follower;
  WatchCount count;
};

// One export: page after page of the list. Orders never change or move, so that the pages fit together.
class Export {
 public:
  Export(const OrderStore& store, absl::StatusOr<order::v1::ExportOrdersRequest> request)
      : store_(store), request_(std::move(request)) {
    if (!request_.ok()) return;
    page_.set_partner_id(request_->partner_id());
    page_.set_product_id(request_->product_id());
    page_.set_customer_id(request_->customer_id());
    page_.set_external_order_id(request_->external_order_id());
    if (request_->has_from()) *page_.mutable_from() = request_->from();
    if (request_->has_to()) *page_.mutable_to() = request_->to();
    page_.set_page_size(kMaxPageSize);
  }

  absl::StatusOr<rpc::WatchStep> Next(common::v1::ExportChunk* chunk) {
    OM_RETURN_IF_ERROR(request_.status());
    if (ended_) return rpc::WatchStep::kEnd;
    const bool csv = request_->format() != common::v1::NDJSON;
    std::string& lines = *chunk->mutable_lines();
    if (csv && page_.page_token().empty()) lines = OrderCsvHeader();
    OM_ASSIGN_OR_RETURN(const order::v1::ListOrdersResponse orders, store_.List(page_));
    for (const auto& order : orders.orders()) {
      if (!lines.empty()) lines += '\n';
      lines += csv ? OrderCsvLine(order) : JsonLine(order);
    }
    page_.set_page_token(orders.next_page_token());
    ended_ = page_.page_token().empty();
    return rpc::WatchStep::kMessage;
  }

 private:
  const OrderStore& store_;
  const absl::StatusOr<order::v1::ExportOrdersRequest> request_;
  order::v1::ListOrdersRequest page_;
  bool ended_ = false;
};

}  // namespace

OrderService::OrderService(OrderStore& store, rpc::WatchHub& hub, rpc::Drain& drain)
    : store_(store),
      hub_(hub),
      drain_(drain),
      reads_("reads", kReadThreads),
      watches_("watches", kWatchThreads),
      audits_("audits", 1) {
  MarkMethodCallback(rpc::MethodIndex(*WatchOrdersRequest::descriptor(), "OrderService", "WatchOrders"),
                     new grpc::internal::CallbackServerStreamingHandler<WatchOrdersRequest, WatchOrdersResponse>(
                         [this](grpc::CallbackServerContext* context, const WatchOrdersRequest* request) {
                           return OpenWatch(context, request);
                         }));
}

grpc::ServerUnaryReactor* OrderService::GetOrder(grpc::CallbackServerContext* context,
                                                 const order::v1::GetOrderRequest* request,
                                                 order::v1::Order* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(order::v1::Order order, store_.Get(*request));
    if (!rpc::MaySee(rpc::IdentityOf(*context), order.partner_id())) return OrderNotFound();
    *response = std::move(order);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* OrderService::ListOrderDeliveries(grpc::CallbackServerContext* context,
                                                            const order::v1::ListOrderDeliveriesRequest* request,
                                                            order::v1::ListOrderDeliveriesResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    order::v1::GetOrderRequest get;
    get.set_id(request->order_id());
    OM_ASSIGN_OR_RETURN(const order::v1::Order order, store_.Get(get));
    if (!rpc::MaySee(rpc::IdentityOf(*context), order.partner_id())) return OrderNotFound();
    return Into(response, store_.Deliveries(order));
  });
}

grpc::ServerUnaryReactor* OrderService::ListOrders(grpc::CallbackServerContext* context,
                                                   const order::v1::ListOrdersRequest* request,
                                                   order::v1::ListOrdersResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const auto narrowed, Narrowed(*request, rpc::IdentityOf(*context)));
    return Into(response, store_.List(narrowed));
  });
}

grpc::ServerUnaryReactor* OrderService::GetOrderStats(grpc::CallbackServerContext* context,
                                                      const order::v1::GetOrderStatsRequest* request,
                                                      order::v1::OrderStats* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const auto narrowed, Narrowed(*request, rpc::IdentityOf(*context)));
    return Into(response, store_.Stats(narrowed));
  });
}

grpc::ServerWriteReactor<WatchOrdersResponse>* OrderService::OpenWatch(grpc::CallbackServerContext* context,
                                                                       const WatchOrdersRequest* request) {
  auto watch = std::make_shared<Watch>();
  watch->request = Narrowed(*request, rpc::IdentityOf(*context));
  return rpc::WatchStream<WatchOrdersResponse>::Open(
      hub_, watches_, drain_, [this, watch](WatchOrdersResponse* response) -> absl::StatusOr<rpc::WatchStep> {
        OM_RETURN_IF_ERROR(watch->request.status());
        if (watch->follower == nullptr) {
          OM_ASSIGN_OR_RETURN(watch->follower, store_.Follow(*watch->request));
        }
        OM_ASSIGN_OR_RETURN(const bool more, watch->follower->Next(response));
        if (more) return rpc::WatchStep::kMessage;
        response->set_position(watch->follower->position());
        return rpc::WatchStep::kHeartbeat;
      });
}

grpc::ServerWriteReactor<common::v1::ExportChunk>* OrderService::ExportOrders(
    grpc::CallbackServerContext* context, const order::v1::ExportOrdersRequest* request) {
  auto lines = std::make_shared<Export>(store_, Narrowed(*request, rpc::IdentityOf(*context)));
  return rpc::WatchStream<common::v1::ExportChunk>::Open(
      hub_, watches_, drain_, [lines](common::v1::ExportChunk* chunk) { return lines->Next(chunk); });
}

grpc::ServerWriteReactor<AuditResponse>* OrderService::AuditOrders(grpc::CallbackServerContext*,
                                                                   const AuditRequest* request) {
  std::shared_ptr<Audit> audit = store_.StartAudit(*request);
  return rpc::WatchStream<AuditResponse>::Open(hub_, audits_, drain_,
                                               [audit](AuditResponse* response) -> absl::StatusOr<rpc::WatchStep> {
                                                 OM_ASSIGN_OR_RETURN(const bool more, audit->Step(response));
                                                 return more ? rpc::WatchStep::kMessage : rpc::WatchStep::kEnd;
                                               });
}

}  // namespace ordermesh::order_store
