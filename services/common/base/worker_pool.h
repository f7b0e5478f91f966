// A few threads for work that must not run on gRPC's callback threads.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh {

// Runs tasks on a fixed number of threads, in the order they came.
class WorkerPool {
 public:
  // `name` is shown as the threads' name; at most 11 characters.
  WorkerPool(const char* name, int threads, size_t max_waiting = 1'000);
  // Runs what waits, then joins.
  ~WorkerPool();

  // For tasks that their callers bound (one a stream, a window of messages).
  void Run(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);
  // False, and nothing done, when `max_waiting` tasks wait already.
  bool TryRun(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();
  bool Ready() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !tasks_.empty(); }

  const size_t max_waiting_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace ordermesh
