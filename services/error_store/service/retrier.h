// Sends every error that is RETRYING to the feed, until it has a verdict.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ordermesh/feed/v1/retry_service.grpc.pb.h"
#include "services/common/base/timer.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/fresh_stub.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

struct RetrierOptions {
  // host:port of the feed.
  std::string feed;
  rpc::ChannelOptions channel;
  // Errors that are sent and have no answer yet. Orders of partners share the feed with them: many at once would be a
  // wall that those behind it wait for.
  size_t window = 8;
};

// Nothing is kept here: an error is RETRYING in the store before it is sent, and stays so until its verdict is written.
// A process that dies on the way sends it again, and the order-store knows it by its identity. Thread-safe; nothing
// blocks.
class Retrier {
 public:
  // Begins with every error that is RETRYING in the store.
  Retrier(ErrorStore& store, RetrierOptions options);
  // Waits for the calls that are under way; goes before the store.
  ~Retrier();

  // The error has become RETRYING.
  void Add(const Uuid& id) ABSL_LOCKS_EXCLUDED(mutex_);
  // How many wait or are under way.
  size_t backlog() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Call;

  void AddStored();
  // Sends what waits, as far as the window allows.
  void SendNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(const Uuid& id);
  void OnAnswer(std::unique_ptr<Call> call, const grpc::Status& status);
  // Keeps what came of it for the next write: each write is a sync, and the disk has the orders' to do.
  void Keep(ReviewRequest answer) ABSL_LOCKS_EXCLUDED(mutex_);
  void WriteAnswers() ABSL_LOCKS_EXCLUDED(mutex_);
  void Later(const Uuid& id, absl::Duration delay);
  void Done() ABSL_LOCKS_EXCLUDED(mutex_);

  ErrorStore& store_;
  const RetrierOptions options_;
  rpc::FreshStub<feed::v1::RetryService> feed_;

  mutable absl::Mutex mutex_;
  std::deque<Uuid> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<ReviewRequest> answers_ ABSL_GUARDED_BY(mutex_);
  size_t writes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Last: what they run uses the others.
  Timer timer_;
  WorkerPool reads_{"retries", 1};
};

}  // namespace ordermesh::error_store
