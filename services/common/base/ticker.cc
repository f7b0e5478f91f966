#include "services/common/base/ticker.h"

#include <pthread.h>

#include <utility>

namespace ordermesh {

Ticker::Ticker(const char* name, absl::Duration period, std::function<void()> tick)
    : thread_([this, period, tick = std::move(tick)] {
        while (!stop_.WaitForNotificationWithTimeout(period)) tick();
      }) {
  pthread_setname_np(thread_.native_handle(), name);
}

Ticker::~Ticker() {
  stop_.Notify();
  thread_.join();
}

}  // namespace ordermesh
