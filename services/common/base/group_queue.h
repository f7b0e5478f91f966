// A bounded queue whose reader takes everything that has gathered: groups form by pressure, never by a timer.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh {

// Bounded by weight: the caller says what an entry weighs (orders, bytes). Many writers, one reader.
template <typename T>
class GroupQueue {
 public:
  explicit GroupQueue(size_t max_weight) : max_weight_(max_weight) {}

  // False, with `entry` untouched, when it is full or closed. An entry heavier than the whole queue is taken when it is
  // empty.
  bool TryPush(T&& entry, size_t weight) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (closed_ || (weight_ > 0 && weight_ + weight > max_weight_)) return false;
    weight_ += weight;
    entries_.emplace_back(std::move(entry), weight);
    return true;
  }

  // Waits for an entry, then takes entries up to `max_weight` in all (at least one). Empty when closed and drained.
  std::vector<T> PopGroup(size_t max_weight) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &GroupQueue::Ready));
    return Pop(max_weight);
  }

  // The same without waiting: empty where nothing is queued.
  std::vector<T> TryPopGroup(size_t max_weight) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return Pop(max_weight);
  }

  // No entry is taken any more; those inside are still handed out.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  size_t weight() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return weight_;
  }

 private:
  std::vector<T> Pop(size_t max_weight) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<T> group;
    size_t taken = 0;
    while (!entries_.empty() && (group.empty() || taken + entries_.front().second <= max_weight)) {
      taken += entries_.front().second;
      group.push_back(std::move(entries_.front().first));
      entries_.pop_front();
    }
    weight_ -= taken;
    return group;
  }
  bool Ready() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closed_ || !entries_.empty(); }

  const size_t max_weight_;
  mutable absl::Mutex mutex_;
  std::deque<std::pair<T, size_t>> entries_ ABSL_GUARDED_BY(mutex_);
  size_t weight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ordermesh
