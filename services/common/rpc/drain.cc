#include "services/common/rpc/drain.h"

#include <utility>

namespace ordermesh::rpc {

int64_t Drain::Add(std::function<void()> listener) {
  absl::MutexLock lock(&mutex_);
  if (begun_) listener();
  const int64_t key = next_key_++;
  listeners_.emplace(key, std::move(listener));
  return key;
}

void Drain::Remove(int64_t key) {
  absl::MutexLock lock(&mutex_);
  listeners_.erase(key);
}

void Drain::Begin() {
  // Listeners run under the lock, so that Remove can promise that none is running. They only set flags and start
  // writes, which gRPC completes on other threads.
  absl::MutexLock lock(&mutex_);
  if (std::exchange(begun_, true)) return;
  for (const auto& [key, listener] : listeners_) listener();
}

bool Drain::begun() const {
  absl::MutexLock lock(&mutex_);
  return begun_;
}

}  // namespace ordermesh::rpc
