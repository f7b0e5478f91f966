// Sends every error that is RETRYING to the feed, until it has a verdict.
#pragma once

#include <deque>
#include <map>
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
  // Errors that are sent together, the next when all of them are answered. Orders of partners share the mesh with them:
  // what travels together costs a fraction of what it costs alone, and too many at once are a wall that those behind it
  // wait for.
  size_t most_together = 32;
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
  // Sends what waits, where nothing is under way.
  void SendNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(const std::vector<Uuid>& ids);
  // The payloads by partner. What has none any more, and what does not fit, is done with.
  std::map<std::string, std::unique_ptr<Call>> Read(const std::vector<Uuid>& ids);
  void OnAnswer(std::unique_ptr<Call> call, const absl::Status& status);
  // What is to be written of the order, if there is anything: without a verdict it is sent again.
  void Judge(Call& call, size_t order, const absl::Status& status, ReviewBatch& batch);
  // One write for what came together: each is a sync, and the disk has the orders' to do.
  void Write(ReviewBatch batch) ABSL_LOCKS_EXCLUDED(mutex_);
  void Later(const Uuid& id, absl::Duration delay);
  bool is_stopping() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return stopping_;
  }
  void Done(size_t errors) ABSL_LOCKS_EXCLUDED(mutex_);

  ErrorStore& store_;
  const RetrierOptions options_;
  rpc::FreshStub<feed::v1::RetryService> feed_;

  mutable absl::Mutex mutex_;
  std::deque<Uuid> waiting_ ABSL_GUARDED_BY(mutex_);
  // Read, sent, or answered and not written yet.
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Last: what they run uses the others.
  Timer timer_;
  WorkerPool reads_{"retries", 1};
};

}  // namespace ordermesh::error_store
