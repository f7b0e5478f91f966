// FeedService: where partners' orders come in.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/drain.h"
#include "services/feed/service/inlet.h"
#include "services/feed/service/order_limits.h"
#include "services/feed/service/partner_directory.h"
#include "services/feed/service/receipts.h"

namespace ordermesh::feed {

// Every message is checked in this order: whose it is, the partner's state, its shape, the partner's limit, payment
// card data. What fails leaves no trace but a count.
//
// Orders are looked into, but travel on as the bytes that they came in: the requests are those of
// proto/ordermesh/feed/internal, which are the same on the wire as the public ones.
class FeedService final : public v1::FeedService::Service {
 public:
  // All must outlive the service.
  FeedService(Inlet& inlet, const PartnerDirectory& partners, OrderLimits& limits, rpc::Drain& drain);

 private:
  grpc::ServerUnaryReactor* SubmitOrder(grpc::CallbackServerContext* context,
                                        const internal::v1::SubmitOrderRequest* request,
                                        common::v1::OrderVerdict* response);
  grpc::ServerUnaryReactor* BatchSubmitOrders(grpc::CallbackServerContext* context,
                                              const internal::v1::BatchSubmitOrdersRequest* request,
                                              v1::BatchSubmitOrdersResponse* response);
  grpc::ServerBidiReactor<internal::v1::StreamOrdersRequest, internal::v1::StreamOrdersResponse>* StreamOrders(
      grpc::CallbackServerContext* context);

  // What the messages of one stream share.
  struct StreamCall {
    std::optional<rpc::Identity> identity;
    std::string traceparent;
    VerdictTotals::Ptr totals = std::make_shared<VerdictTotals>();
  };
  // One message of a stream on its way in.
  struct StreamMessage {
    StreamReceipt::Stream::Ptr stream;
    std::shared_ptr<internal::v1::StreamOrdersRequest> request;
    std::shared_ptr<const StreamCall> call;
    absl::Time received;
  };

  // The partner of a call, if the caller may send for it and its orders are taken.
  absl::StatusOr<KnownPartner> Enter(const grpc::CallbackServerContext& context, const std::string& partner_id) const;
  // Calls then(Admission): at once mostly, on the pool where a lease had to be asked for first.
  template <typename Then>
  void Admit(const KnownPartner& partner, int64_t orders, bool whole, Then then);

  void TakeBatch(const UnaryCall& call, absl::Time received, internal::v1::BatchSubmitOrdersRequest& request,
                 v1::BatchSubmitOrdersResponse* response);
  absl::Status TakeMessage(const StreamMessage& message);
  void TakeAdmitted(const StreamMessage& message, const Admission& admission);

  Inlet& inlet_;
  const PartnerDirectory& partners_;
  OrderLimits& limits_;
  rpc::Drain& drain_;
  // For messages that waited for a lease: the thread that leases must not work on them.
  WorkerPool waited_{"admitted", 1};
};

}  // namespace ordermesh::feed
