// Calls a function again and again until it is stopped.
#pragma once

#include <functional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace ordermesh {

class Ticker {
 public:
  // Calls `tick` on a thread of its own, `period` after it was started and after each return. `name` is shown as the
  // thread's name; at most 15 characters.
  Ticker(const char* name, absl::Duration period, std::function<void()> tick);
  // Waits for a call that is under way.
  ~Ticker();

 private:
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace ordermesh
