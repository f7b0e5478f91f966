// The signal that a server is going away: streams finish what they have and end.
#pragma once

#include <functional>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh::rpc {

// Thread-safe.
class Drain {
 public:
  // Calls `listener` once, when draining begins (at once, on this thread, if it has begun). It must not block and must
  // not call Remove. Returns the key for Remove.
  int64_t Add(std::function<void()> listener) ABSL_LOCKS_EXCLUDED(mutex_);
  // After it returns the listener is not running and will not run.
  void Remove(int64_t key) ABSL_LOCKS_EXCLUDED(mutex_);
  void Begin() ABSL_LOCKS_EXCLUDED(mutex_);
  bool begun() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t next_key_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, std::function<void()>> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::rpc
