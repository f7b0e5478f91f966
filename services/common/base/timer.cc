#include "services/common/base/timer.h"

#include <pthread.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"

namespace ordermesh {

Timer::Timer() : thread_([this] { Loop(); }) { pthread_setname_np(thread_.native_handle(), "timer"); }

Timer::~Timer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = changed_ = true;
  }
  thread_.join();
}

void Timer::RunAt(absl::Time when, std::function<void()> function) {
  absl::MutexLock lock(&mutex_);
  if (due_.empty() || when < due_.begin()->first) changed_ = true;
  due_.emplace(when, std::move(function));
}

void Timer::Loop() {
  while (true) {
    std::vector<std::function<void()>> ready;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithDeadline(absl::Condition(&changed_), due_.empty() ? absl::InfiniteFuture() : due_.begin()->first);
      changed_ = false;
      if (stopping_) return;
      const auto end = due_.upper_bound(absl::Now());
      for (auto it = due_.begin(); it != end; ++it) ready.push_back(std::move(it->second));
      due_.erase(due_.begin(), end);
    }
    for (const auto& function : ready) function();
  }
}

}  // namespace ordermesh
