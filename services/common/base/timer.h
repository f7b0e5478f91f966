// Runs functions at a time: deadlines and pauses before retries. Not for anything that an order waits for.
#pragma once

#include <functional>
#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordermesh {

// One thread. A function must not block. What is not yet due when the timer is destroyed does not run.
class Timer {
 public:
  Timer();
  ~Timer();

  void RunAt(absl::Time when, std::function<void()> function) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();

  absl::Mutex mutex_;
  std::multimap<absl::Time, std::function<void()>> due_ ABSL_GUARDED_BY(mutex_);
  // Something earlier than what the thread waits for was added, or it must stop.
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ordermesh
