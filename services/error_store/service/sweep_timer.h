// Calls the sweep again and again until it is stopped.
#pragma once

#include <functional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace ordermesh::error_store {

class SweepTimer {
 public:
  // Calls `sweep` on a thread of its own, `period` after it was started and after each return.
  SweepTimer(absl::Duration period, std::function<void()> sweep);
  // Waits for a sweep that is under way.
  ~SweepTimer();

 private:
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace ordermesh::error_store
