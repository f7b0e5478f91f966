#include "services/feed/service/feed_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/method_index.h"
#include "services/feed/domain/errors.h"
#include "services/feed/domain/submission.h"
#include "services/feed/service/feed_metrics.h"
#include "services/feed/service/ingest_id.h"

namespace ordermesh::feed {
namespace {

// W3C trace context is 55 characters; longer ones are of a version that we do not know.
constexpr size_t kMaxTraceparent = 55;

std::string TraceparentOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("traceparent");
  if (found == metadata.end() || found->second.size() > kMaxTraceparent) return "";
  return std::string(found->second.data(), found->second.size());
}

// An order of a stream may come from another call than its neighbours.
std::string TraceparentOf(const internal::v1::OrderInput& order) {
  return order.traceparent().size() <= kMaxTraceparent ? order.traceparent() : "";
}
std::string TraceparentOf(const internal::v1::SubmitOrderRequest&) { return ""; }

template <typename Submission>
std::unique_ptr<validation::v1::InboundOrder> NewInbound(Submission& submission, absl::Time now,
                                                         const std::string& traceparent) {
  const std::string own = TraceparentOf(submission);
  auto inbound = ToInbound(submission, NewIngestId(now));
  if (const std::string& chosen = own.empty() ? traceparent : own; !chosen.empty()) inbound->set_traceparent(chosen);
  return inbound;
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) { return absl::FromChrono(context.deadline()); }

// A handler may take a request apart: gRPC made it for this call and reads it no more.
template <typename Request>
Request& Own(const Request* request) {
  return *const_cast<Request*>(request);
}

absl::Status CheckBatch(const internal::v1::BatchSubmitOrdersRequest& request) {
  OM_RETURN_IF_ERROR(CheckOrderCount(request.orders_size()));
  for (int i = 0; i < request.orders_size(); ++i) {
    const absl::Status status = CheckContent(request.orders(i));
    if (!status.ok()) return InvalidField(absl::StrCat("orders[", i, "]"), std::string(status.message()));
  }
  return absl::OkStatus();
}

absl::Status CheckBatchCardData(internal::v1::BatchSubmitOrdersRequest& request) {
  for (int i = 0; i < request.orders_size(); ++i) {
    auto& order = *request.mutable_orders(i);
    if (!CheckCardData(order, "").ok()) return CheckCardData(order, absl::StrCat("orders[", i, "]."));
  }
  return absl::OkStatus();
}

int IndexOf(const char* method) {
  return rpc::MethodIndex(*v1::SubmitOrderRequest::descriptor(), "FeedService", method);
}

// Answers orders of a stream that go no further, with a status each.
class Refusals {
 public:
  void Add(uint64_t tag, const absl::Status& status) {
    auto* result = response_.add_results();
    result->set_tag(tag);
    result->set_status(ToProto(status).SerializeAsString());
  }

  // Orders `first` to `end` of a message, all for the same reason.
  void AddAll(const internal::v1::StreamOrdersRequest& request, int first, int end, const absl::Status& status) {
    const std::string bytes = ToProto(status).SerializeAsString();
    response_.mutable_results()->Reserve(response_.results_size() + end - first);
    for (int i = first; i < end; ++i) {
      auto* result = response_.add_results();
      result->set_tag(request.orders(i).tag());
      result->set_status(bytes);
    }
  }

  void Send(StreamReceipt::Stream& stream, VerdictTotals& totals) {
    if (response_.results_size() == 0) return;
    totals.Refuse(response_.results_size());
    stream.Send(std::move(response_));
  }

 private:
  internal::v1::StreamOrdersResponse response_;
};

}  // namespace

// As the generated WithCallbackMethod classes do it, but with the requests whose orders are bytes.
FeedService::FeedService(Inlet& inlet, const PartnerDirectory& partners, OrderLimits& limits, rpc::Drain& drain)
    : inlet_(inlet), partners_(partners), limits_(limits), drain_(drain) {
  using grpc::CallbackServerContext;
  MarkMethodCallback(
      IndexOf("SubmitOrder"),
      new grpc::internal::CallbackUnaryHandler<internal::v1::SubmitOrderRequest, common::v1::OrderVerdict>(
          [this](CallbackServerContext* context, const internal::v1::SubmitOrderRequest* request,
                 common::v1::OrderVerdict* response) { return SubmitOrder(context, request, response); }));
  MarkMethodCallback(
      IndexOf("BatchSubmitOrders"),
      new grpc::internal::CallbackUnaryHandler<internal::v1::BatchSubmitOrdersRequest, v1::BatchSubmitOrdersResponse>(
          [this](CallbackServerContext* context, const internal::v1::BatchSubmitOrdersRequest* request,
                 v1::BatchSubmitOrdersResponse* response) { return BatchSubmitOrders(context, request, response); }));
  MarkMethodCallback(
      IndexOf("StreamOrders"),
      new grpc::internal::CallbackBidiHandler<internal::v1::StreamOrdersRequest, internal::v1::StreamOrdersResponse>(
          [this](CallbackServerContext* context) { return StreamOrders(context); }));
}

template <typename Then>
void FeedService::Admit(const KnownPartner& partner, int64_t orders, bool whole, Then then) {
  const auto counted = [then = std::move(then), limited = partner.limited, orders](const Admission& admission) {
    if (admission.admitted < orders) limited->Increment(static_cast<double>(orders - admission.admitted));
    then(admission);
  };
  if (const auto admission = limits_.Try(partner.account, orders, whole)) return counted(*admission);
  limits_.Wait(partner.account, orders, whole, [this, counted](const Admission& admission) {
    waited_.Run([counted, admission] { counted(admission); });
  });
}

absl::StatusOr<KnownPartner> FeedService::Enter(const grpc::CallbackServerContext& context,
                                                const std::string& partner_id) const {
  OM_RETURN_IF_ERROR(CheckCaller(rpc::IdentityOf(context), partner_id));
  return partners_.Find(partner_id);
}

grpc::ServerUnaryReactor* FeedService::SubmitOrder(grpc::CallbackServerContext* context,
                                                   const internal::v1::SubmitOrderRequest* request,
                                                   common::v1::OrderVerdict* response) {
  const UnaryCall call{context, context->DefaultReactor()};
  const auto partner = Enter(*context, request->partner_id());
  absl::Status status = partner.status();
  if (status.ok()) status = CheckContent(*request);
  if (!status.ok()) {
    call.Refuse(status, 1);
    return call.reactor;
  }
  Admit(*partner, 1, /*whole=*/true, [=, this, now = absl::Now()](const Admission& admission) {
    if (admission.admitted == 0) return call.Refuse(RateLimited(admission.retry_after), 1);
    if (const absl::Status cards = CheckCardData(Own(request), ""); !cards.ok()) return call.Refuse(cards, 1);
    Metrics().received.Increment();
    Inlet::Inbound orders;
    orders.push_back(NewInbound(Own(request), now, TraceparentOf(*call.context)));
    const auto receipt = std::make_shared<UnaryReceipt>(now, call, response);
    inlet_.Take(receipt, request->partner_id(), std::move(orders), inlet_.GiveUpAt(now, DeadlineOf(*call.context)));
  });
  return call.reactor;
}

grpc::ServerUnaryReactor* FeedService::BatchSubmitOrders(grpc::CallbackServerContext* context,
                                                         const internal::v1::BatchSubmitOrdersRequest* request,
                                                         v1::BatchSubmitOrdersResponse* response) {
  const UnaryCall call{context, context->DefaultReactor()};
  const auto partner = Enter(*context, request->partner_id());
  absl::Status status = partner.status();
  if (status.ok()) status = CheckBatch(*request);
  if (!status.ok()) {
    call.Refuse(status, request->orders_size());
    return call.reactor;
  }
  Admit(*partner, request->orders_size(), /*whole=*/true, [=, this, now = absl::Now()](const Admission& admission) {
    if (admission.admitted > 0) return TakeBatch(call, now, Own(request), response);
    call.Refuse(RateLimited(admission.retry_after), request->orders_size());
  });
  return call.reactor;
}

void FeedService::TakeBatch(const UnaryCall& call, absl::Time received, internal::v1::BatchSubmitOrdersRequest& request,
                            v1::BatchSubmitOrdersResponse* response) {
  if (const absl::Status cards = CheckBatchCardData(request); !cards.ok()) {
    return call.Refuse(cards, request.orders_size());
  }
  Metrics().received.Increment(request.orders_size());
  const std::string traceparent = TraceparentOf(*call.context);
  Inlet::Inbound orders;
  orders.reserve(static_cast<size_t>(request.orders_size()));
  for (auto& order : *request.mutable_orders()) orders.push_back(NewInbound(order, received, traceparent));
  const auto receipt = std::make_shared<BatchReceipt>(orders.size(), received, call, response);
  inlet_.Take(receipt, request.partner_id(), std::move(orders), inlet_.GiveUpAt(received, DeadlineOf(*call.context)));
}

grpc::ServerBidiReactor<internal::v1::StreamOrdersRequest, internal::v1::StreamOrdersResponse>*
FeedService::StreamOrders(grpc::CallbackServerContext* context) {
  const auto call = std::make_shared<StreamCall>();
  call->identity = rpc::IdentityOf(*context);
  call->traceparent = TraceparentOf(*context);
  StreamReceipt::Stream::Handler handler;
  handler.count = [](const internal::v1::StreamOrdersRequest& request) {
    return static_cast<size_t>(request.orders_size());
  };
  handler.on_request = [this, call](const StreamReceipt::Stream::Ptr& stream,
                                    std::unique_ptr<internal::v1::StreamOrdersRequest> request) {
    return TakeMessage({stream, std::move(request), call, absl::Now()});
  };
  handler.on_finish = [context, totals = call->totals] { totals->AddTo(*context); };
  return StreamReceipt::Stream::Open(std::move(handler), drain_);
}

absl::Status FeedService::TakeMessage(const StreamMessage& message) {
  const internal::v1::StreamOrdersRequest& request = *message.request;
  VerdictTotals& totals = *message.call->totals;
  totals.Receive(request.orders_size());
  absl::Status fault = CheckCaller(message.call->identity, request.partner_id());
  if (fault.ok()) fault = CheckOrderCount(request.orders_size());
  if (!fault.ok()) {
    totals.Refuse(request.orders_size());
    return fault;
  }
  const auto partner = partners_.Find(request.partner_id());
  if (!partner.ok()) {
    Refusals refusals;
    refusals.AddAll(request, 0, request.orders_size(), partner.status());
    refusals.Send(*message.stream, totals);
    return absl::OkStatus();
  }
  Admit(*partner, request.orders_size(), /*whole=*/false,
        [this, message](const Admission& admission) { TakeAdmitted(message, admission); });
  return absl::OkStatus();
}

void FeedService::TakeAdmitted(const StreamMessage& message, const Admission& admission) {
  internal::v1::StreamOrdersRequest& request = *message.request;
  const auto admitted = static_cast<int>(admission.admitted);
  Metrics().received.Increment(admitted);
  Refusals refusals;
  if (admitted < request.orders_size()) {
    refusals.AddAll(request, admitted, request.orders_size(), RateLimited(admission.retry_after));
  }
  // Under overload most messages end here: nothing more is done for them.
  if (const absl::Status room = inlet_.CheckRoom(admitted); !room.ok()) {
    refusals.AddAll(request, 0, admitted, room);
    return refusals.Send(*message.stream, *message.call->totals);
  }
  std::vector<uint64_t> tags;
  tags.reserve(static_cast<size_t>(admitted));
  Inlet::Inbound orders;
  orders.reserve(static_cast<size_t>(admitted));
  for (int i = 0; i < admitted; ++i) {
    auto& order = *request.mutable_orders(i);
    absl::Status status = CheckContent(order);
    if (status.ok()) status = CheckCardData(order, "");
    if (!status.ok()) {
      refusals.Add(order.tag(), status);
      continue;
    }
    tags.push_back(order.tag());
    orders.push_back(NewInbound(order, message.received, message.call->traceparent));
  }
  refusals.Send(*message.stream, *message.call->totals);
  if (orders.empty()) return;
  const auto receipt =
      std::make_shared<StreamReceipt>(std::move(tags), message.received, message.stream, message.call->totals);
  inlet_.Take(receipt, request.partner_id(), std::move(orders),
              inlet_.GiveUpAt(message.received, absl::InfiniteFuture()));
}

}  // namespace ordermesh::feed
