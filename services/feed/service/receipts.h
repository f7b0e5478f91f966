// The three ways in which orders come, and how each is answered.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ordermesh/feed/internal/v1/forwarded_orders.pb.h"
#include "ordermesh/feed/v1/feed_service.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/feed/service/receipt.h"
#include "services/feed/service/verdict_totals.h"

namespace ordermesh::feed {

// A call to be answered: it may add trailing metadata until its reactor finishes.
struct UnaryCall {
  grpc::CallbackServerContext* context = nullptr;
  grpc::ServerUnaryReactor* reactor = nullptr;

  // Ends the call, which brought so many orders, without a verdict.
  void Refuse(const absl::Status& status, int64_t orders) const;
};

// SubmitOrder: the verdict is the answer of the call.
class UnaryReceipt final : public Receipt {
 public:
  UnaryReceipt(absl::Time received, const UnaryCall& call, common::v1::OrderVerdict* response)
      : Receipt(1, received), call_(call), response_(response) {}
  bool RetriesInside() const override { return true; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override;

  const UnaryCall call_;
  common::v1::OrderVerdict* const response_;
};

// BatchSubmitOrders: the call ends when the last order has its verdict; without one verdict it fails as a whole.
class BatchReceipt final : public Receipt {
 public:
  BatchReceipt(size_t orders, absl::Time received, const UnaryCall& call, v1::BatchSubmitOrdersResponse* response);
  bool RetriesInside() const override { return true; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override;

  const UnaryCall call_;
  v1::BatchSubmitOrdersResponse* const response_;
  absl::Mutex mutex_;
  VerdictTotals totals_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

// One message of StreamOrders: answers go back as they come, by the client's tags.
class StreamReceipt final : public Receipt {
 public:
  using Stream = rpc::BatchStream<internal::v1::StreamOrdersRequest, internal::v1::StreamOrdersResponse>;

  StreamReceipt(std::vector<uint64_t> tags, absl::Time received, Stream::Ptr stream, VerdictTotals::Ptr totals)
      : Receipt(tags.size(), received),
        tags_(std::move(tags)),
        stream_(std::move(stream)),
        totals_(std::move(totals)) {}
  bool RetriesInside() const override { return false; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override;

  const std::vector<uint64_t> tags_;
  const Stream::Ptr stream_;
  const VerdictTotals::Ptr totals_;
};

}  // namespace ordermesh::feed
