#include "services/common/rpc/watch_stream.h"

namespace ordermesh::rpc {

void WatchHub::Notify() {
  if (!anybody_.load(std::memory_order_seq_cst)) return;
  std::vector<std::weak_ptr<Watcher>> woken;
  {
    absl::MutexLock lock(&mutex_);
    woken.swap(waiting_);
    anybody_.store(false, std::memory_order_seq_cst);
  }
  for (const auto& waiting : woken) {
    if (const auto watcher = waiting.lock()) watcher->Wake();
  }
}

void WatchHub::Add(std::weak_ptr<Watcher> watcher) {
  absl::MutexLock lock(&mutex_);
  waiting_.push_back(std::move(watcher));
  anybody_.store(true, std::memory_order_seq_cst);
}

}  // namespace ordermesh::rpc
