// The limit program's face: the feed's own interface, so that ordermesh-bench loads it as it loads a mesh.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "tools/bench/limit/store.h"

namespace ordermesh::bench {

// Orders that were received together and are answered together.
class LimitWork {
 public:
  virtual ~LimitWork() = default;
  // Called once by the writer, after the sync. The work is deleted afterwards.
  virtual void Finish(const absl::Status& status) = 0;

  std::vector<LimitOrder> orders;
};

// One thread takes all that is queued when the last sync returns, decides it, and writes it with one sync. Thread-safe.
class LimitWriter {
 public:
  explicit LimitWriter(LimitStore& store) : store_(store), thread_([this] { Run(); }) {}
  // Finishes what is queued.
  ~LimitWriter();

  // Waits while the queue is full.
  void Submit(std::unique_ptr<LimitWork> work) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // False when there is nothing left and nothing comes.
  bool TakeGroup(std::vector<std::unique_ptr<LimitWork>>& group) ABSL_LOCKS_EXCLUDED(mutex_);

  LimitStore& store_;
  absl::Mutex mutex_;
  std::deque<std::unique_ptr<LimitWork>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Takes canonical orders as they are: no rules, no access, no records of what is refused. Verdicts are CREATED,
// REPLAYED (whatever the content) and SEQUENCE_REUSED; raw payloads are INVALID_ARGUMENT, BatchSubmitOrders is
// UNIMPLEMENTED.
class LimitService final : public feed::v1::FeedService::Service {
 public:
  explicit LimitService(LimitWriter& writer) : writer_(writer) {}

  grpc::Status SubmitOrder(grpc::ServerContext* context, const feed::v1::SubmitOrderRequest* request,
                           common::v1::OrderVerdict* response) override;
  grpc::Status StreamOrders(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<feed::v1::StreamOrdersResponse, feed::v1::StreamOrdersRequest>* stream) override;

 private:
  LimitWriter& writer_;
};

}  // namespace ordermesh::bench
