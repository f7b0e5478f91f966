#include "services/feed/service/feed_service.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/feed/domain/submission.h"
#include "services/feed/service/feed_metrics.h"

namespace ordermesh::feed {
namespace {

// W3C trace context is 55 characters; longer ones are of a version that we do not know.
constexpr size_t kMaxTraceparent = 55;

std::mt19937_64& Random() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return random;
}

Uuid NewIngestId(absl::Time now) { return MakeUuidV7(absl::ToUnixMillis(now), Random()(), Random()()); }

std::string TraceparentOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("traceparent");
  if (found == metadata.end() || found->second.size() > kMaxTraceparent) return "";
  return std::string(found->second.data(), found->second.size());
}

template <typename Submission>
std::unique_ptr<validation::v1::InboundOrder> NewInbound(Submission& submission, absl::Time now,
                                                         const std::string& traceparent) {
  auto inbound = ToInbound(submission, NewIngestId(now));
  if (!traceparent.empty()) inbound->set_traceparent(traceparent);
  return inbound;
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) { return absl::FromChrono(context.deadline()); }

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

// A handler may take a request apart: gRPC made it for this call and reads it no more.
template <typename Request>
Request& Own(const Request* request) {
  return *const_cast<Request*>(request);
}

absl::Status CheckBatch(const v1::BatchSubmitOrdersRequest& request) {
  OM_RETURN_IF_ERROR(CheckPartnerId(request.partner_id()));
  OM_RETURN_IF_ERROR(CheckOrderCount(request.orders_size()));
  for (int i = 0; i < request.orders_size(); ++i) {
    const absl::Status status = CheckContent(request.orders(i));
    if (!status.ok()) return InvalidField(absl::StrCat("orders[", i, "]"), std::string(status.message()));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* FeedService::SubmitOrder(grpc::CallbackServerContext* context,
                                                   const v1::SubmitOrderRequest* request,
                                                   common::v1::OrderVerdict* response) {
  absl::Status status = CheckPartnerId(request->partner_id());
  if (status.ok()) status = CheckContent(*request);
  if (!status.ok()) return Refuse(context, status);
  const absl::Time now = absl::Now();
  auto* reactor = context->DefaultReactor();
  Metrics().received.Increment();
  Inlet::Inbound orders;
  orders.push_back(NewInbound(Own(request), now, TraceparentOf(*context)));
  const auto receipt = std::make_shared<UnaryReceipt>(now, response, reactor);
  inlet_.Take(receipt, request->partner_id(), std::move(orders), inlet_.GiveUpAt(now, DeadlineOf(*context)));
  return reactor;
}

grpc::ServerUnaryReactor* FeedService::BatchSubmitOrders(grpc::CallbackServerContext* context,
                                                         const v1::BatchSubmitOrdersRequest* request,
                                                         v1::BatchSubmitOrdersResponse* response) {
  const absl::Status status = CheckBatch(*request);
  if (!status.ok()) return Refuse(context, status);
  const absl::Time now = absl::Now();
  auto* reactor = context->DefaultReactor();
  Metrics().received.Increment(request->orders_size());
  const std::string traceparent = TraceparentOf(*context);
  Inlet::Inbound orders;
  for (auto& order : *Own(request).mutable_orders()) orders.push_back(NewInbound(order, now, traceparent));
  const auto receipt = std::make_shared<BatchReceipt>(orders.size(), now, response, reactor);
  inlet_.Take(receipt, request->partner_id(), std::move(orders), inlet_.GiveUpAt(now, DeadlineOf(*context)));
  return reactor;
}

grpc::ServerBidiReactor<v1::StreamOrdersRequest, v1::StreamOrdersResponse>* FeedService::StreamOrders(
    grpc::CallbackServerContext* context) {
  StreamReceipt::Stream::Handler handler;
  handler.count = [](const v1::StreamOrdersRequest& request) { return static_cast<size_t>(request.orders_size()); };
  handler.on_request = [this, traceparent = TraceparentOf(*context)](const StreamReceipt::Stream::Ptr& stream,
                                                                     std::unique_ptr<v1::StreamOrdersRequest> request) {
    return TakeMessage(stream, *request, traceparent);
  };
  return StreamReceipt::Stream::Open(std::move(handler), drain_);
}

absl::Status FeedService::TakeMessage(const StreamReceipt::Stream::Ptr& stream, v1::StreamOrdersRequest& request,
                                      const std::string& traceparent) {
  OM_RETURN_IF_ERROR(CheckPartnerId(request.partner_id()));
  OM_RETURN_IF_ERROR(CheckOrderCount(request.orders_size()));
  const absl::Time now = absl::Now();
  Metrics().received.Increment(request.orders_size());
  std::vector<uint64_t> tags;
  tags.reserve(static_cast<size_t>(request.orders_size()));
  Inlet::Inbound orders;
  orders.reserve(static_cast<size_t>(request.orders_size()));
  v1::StreamOrdersResponse refused;
  for (auto& order : *request.mutable_orders()) {
    const absl::Status status = CheckContent(order);
    if (!status.ok()) {
      auto* result = refused.add_results();
      result->set_tag(order.tag());
      *result->mutable_status() = ToProto(status);
      continue;
    }
    tags.push_back(order.tag());
    orders.push_back(NewInbound(order, now, traceparent));
  }
  if (refused.results_size() > 0) stream->Send(std::move(refused));
  if (orders.empty()) return absl::OkStatus();
  const auto receipt = std::make_shared<StreamReceipt>(std::move(tags), now, stream);
  inlet_.Take(receipt, request.partner_id(), std::move(orders), inlet_.GiveUpAt(now, absl::InfiniteFuture()));
  return absl::OkStatus();
}

}  // namespace ordermesh::feed
