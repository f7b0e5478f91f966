#include "services/error_store/service/sweep_timer.h"

#include <pthread.h>

#include <utility>

namespace ordermesh::error_store {

SweepTimer::SweepTimer(absl::Duration period, std::function<void()> sweep)
    : thread_([this, period, sweep = std::move(sweep)] {
        while (!stop_.WaitForNotificationWithTimeout(period)) sweep();
      }) {
  pthread_setname_np(thread_.native_handle(), "sweep");
}

SweepTimer::~SweepTimer() {
  stop_.Notify();
  thread_.join();
}

}  // namespace ordermesh::error_store
