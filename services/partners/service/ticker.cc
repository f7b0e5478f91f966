#include "services/partners/service/ticker.h"

#include <pthread.h>

#include <utility>

namespace ordermesh::partners {

Ticker::Ticker(absl::Duration period, std::function<void()> tick)
    : thread_([this, period, tick = std::move(tick)] {
        while (!stop_.WaitForNotificationWithTimeout(period)) tick();
      }) {
  pthread_setname_np(thread_.native_handle(), "tick");
}

Ticker::~Ticker() {
  stop_.Notify();
  thread_.join();
}

}  // namespace ordermesh::partners
