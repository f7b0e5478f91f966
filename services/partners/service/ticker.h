// Calls a function again and again until it is stopped.
#pragma once

#include <functional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace ordermesh::partners {

class Ticker {
 public:
  // Calls `tick` on a thread of its own, `period` after it was started and after each return.
  Ticker(absl::Duration period, std::function<void()> tick);
  // Waits for a call that is under way.
  ~Ticker();

 private:
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace ordermesh::partners
