#include "services/feed/service/retry_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/feed/domain/submission.h"
#include "services/feed/service/ingest_id.h"
#include "services/feed/service/receipts.h"
#include "services/feed/service/verdict_totals.h"

namespace ordermesh::feed {
namespace {

constexpr int kMostTogether = 256;

// The order on its way, if it may go.
absl::StatusOr<std::unique_ptr<validation::v1::InboundOrder>> Take(const v1::RetryOrderRequest& request,
                                                                   absl::Time now) {
  // The same on the wire but for the error's id, with the order as bytes.
  internal::v1::SubmitOrderRequest submission;
  if (!submission.ParseFromString(request.SerializeAsString())) return InvalidField("order", "cannot be forwarded");
  OM_RETURN_IF_ERROR(CheckContent(submission));
  OM_RETURN_IF_ERROR(CheckCardData(submission, ""));
  auto inbound = ToInbound(submission, NewIngestId(now));
  inbound->set_retry(true);
  return inbound;
}

absl::Status CheckBatch(const v1::BatchRetryOrdersRequest& request) {
  if (request.orders().empty() || request.orders_size() > kMostTogether) {
    return InvalidField("orders", "must hold 1 to 256 orders");
  }
  for (const auto& order : request.orders()) {
    if (order.partner_id() != request.orders(0).partner_id()) return InvalidField("orders", "must be of one partner");
  }
  return absl::OkStatus();
}

// The call ends when the last of its orders is answered; `places` are theirs in the response.
class BatchRetryReceipt final : public Receipt {
 public:
  BatchRetryReceipt(std::vector<int> places, absl::Time received, const UnaryCall& call,
                    v1::BatchRetryOrdersResponse* response)
      : Receipt(places.size(), received),
        places_(std::move(places)),
        call_(call),
        response_(response),
        missing_(places_.size()) {
    totals_.Receive(static_cast<int64_t>(places_.size()));
  }
  bool RetriesInside() const override { return true; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override {
    {
      absl::MutexLock lock(&mutex_);
      for (Outcome& outcome : outcomes) {
        totals_.Count(outcome.result);
        const int place = places_[outcome.index];
        response_->mutable_results(place)->Swap(&outcome.result);
        response_->mutable_results(place)->set_tag(static_cast<uint64_t>(place));
      }
      missing_ -= outcomes.size();
      if (missing_ > 0) return;
    }
    totals_.AddTo(*call_.context);
    call_.reactor->Finish(grpc::Status::OK);
  }

  const std::vector<int> places_;
  const UnaryCall call_;
  v1::BatchRetryOrdersResponse* const response_;
  absl::Mutex mutex_;
  VerdictTotals totals_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerUnaryReactor* RetryService::RetryOrder(grpc::CallbackServerContext* context,
                                                   const v1::RetryOrderRequest* request,
                                                   common::v1::OrderVerdict* response) {
  const UnaryCall call{context, context->DefaultReactor()};
  const absl::Time now = absl::Now();
  const absl::Status known = partners_.Find(request->partner_id()).status();
  auto inbound = known.ok() ? Take(*request, now) : known;
  if (!inbound.ok()) {
    call.Refuse(inbound.status(), 1);
    return call.reactor;
  }
  Inlet::Inbound orders;
  orders.push_back(*std::move(inbound));
  inlet_.Take(std::make_shared<UnaryReceipt>(now, call, response), request->partner_id(), std::move(orders),
              inlet_.GiveUpAt(now, absl::FromChrono(context->deadline())));
  return call.reactor;
}

grpc::ServerUnaryReactor* RetryService::BatchRetryOrders(grpc::CallbackServerContext* context,
                                                         const v1::BatchRetryOrdersRequest* request,
                                                         v1::BatchRetryOrdersResponse* response) {
  const UnaryCall call{context, context->DefaultReactor()};
  const absl::Time now = absl::Now();
  absl::Status sound = CheckBatch(*request);
  if (sound.ok()) sound = partners_.Find(request->orders(0).partner_id()).status();
  if (!sound.ok()) {
    call.Refuse(sound, request->orders_size());
    return call.reactor;
  }
  Inlet::Inbound orders;
  std::vector<int> places;
  for (int i = 0; i < request->orders_size(); ++i) {
    common::v1::OrderResult* result = response->add_results();
    result->set_tag(static_cast<uint64_t>(i));
    auto inbound = Take(request->orders(i), now);
    if (inbound.ok()) {
      orders.push_back(*std::move(inbound));
      places.push_back(i);
    } else {
      *result->mutable_status() = ToProto(inbound.status());
    }
  }
  if (orders.empty()) {
    call.reactor->Finish(grpc::Status::OK);
    return call.reactor;
  }
  inlet_.Take(std::make_shared<BatchRetryReceipt>(std::move(places), now, call, response),
              request->orders(0).partner_id(), std::move(orders),
              inlet_.GiveUpAt(now, absl::FromChrono(context->deadline())));
  return call.reactor;
}

}  // namespace ordermesh::feed
