// The three ways in which orders come, and how each is answered.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/feed/service/receipt.h"

namespace ordermesh::feed {

// SubmitOrder: the verdict is the answer of the call.
class UnaryReceipt final : public Receipt {
 public:
  UnaryReceipt(absl::Time received, common::v1::OrderVerdict* response, grpc::ServerUnaryReactor* reactor)
      : Receipt(1, received), response_(response), reactor_(reactor) {}
  bool RetriesInside() const override { return true; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override;

  common::v1::OrderVerdict* const response_;
  grpc::ServerUnaryReactor* const reactor_;
};

// BatchSubmitOrders: the call ends when the last order has its verdict; without one verdict it fails as a whole.
class BatchReceipt final : public Receipt {
 public:
  BatchReceipt(size_t orders, absl::Time received, v1::BatchSubmitOrdersResponse* response,
               grpc::ServerUnaryReactor* reactor);
  bool RetriesInside() const override { return true; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override;

  v1::BatchSubmitOrdersResponse* const response_;
  grpc::ServerUnaryReactor* const reactor_;
  absl::Mutex mutex_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

// One message of StreamOrders: answers go back as they come, by the client's tags.
class StreamReceipt final : public Receipt {
 public:
  using Stream = rpc::BatchStream<v1::StreamOrdersRequest, v1::StreamOrdersResponse>;

  StreamReceipt(std::vector<uint64_t> tags, absl::Time received, Stream::Ptr stream)
      : Receipt(tags.size(), received), tags_(std::move(tags)), stream_(std::move(stream)) {}
  bool RetriesInside() const override { return false; }

 private:
  void Deliver(std::vector<Outcome>& outcomes) override;

  const std::vector<uint64_t> tags_;
  const Stream::Ptr stream_;
};

// Adds one verdict to a summary.
void CountVerdict(common::v1::OrderVerdict::Verdict verdict, common::v1::VerdictSummary* summary);

}  // namespace ordermesh::feed
