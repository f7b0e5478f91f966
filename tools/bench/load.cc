#include "tools/bench/load.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace ordermesh::bench {

std::optional<Schedule::Batch> Schedule::Next(absl::Time now) {
  if (now - start_ >= options_.duration) return std::nullopt;
  const int64_t size = options_.mode == Mode::kUnary ? 1 : options_.batch;
  Batch batch;
  batch.first = next_.fetch_add(size, std::memory_order_relaxed);
  batch.count = static_cast<int>(options_.orders == 0 ? size : std::min(size, options_.orders - batch.first));
  if (batch.count <= 0) return std::nullopt;
  if (open_loop()) {
    batch.due = start_ + absl::Seconds(static_cast<double>(batch.first) / options_.rate);
    if (batch.due - start_ >= options_.duration) return std::nullopt;
  }
  return batch;
}

LoadResult RunLoad(const LoadOptions& options, const OrderMaker& maker,
                   const std::function<std::unique_ptr<FeedStub>()>& connect, std::atomic<int64_t>& progress) {
  std::vector<std::unique_ptr<FeedStub>> feeds;
  for (int i = 0; i < options.streams; ++i) feeds.push_back(connect());
  const absl::Time start = absl::Now();
  Schedule schedule(options, start);
  LoadResult result;
  absl::Mutex mutex;
  std::vector<std::thread> threads;
  for (const auto& feed : feeds) {
    threads.emplace_back([&, worker = options.mode == Mode::kStream ? RunStreamWorker : RunCallWorker] {
      const Tally tally = worker(options, maker, *feed, schedule, progress);
      absl::MutexLock lock(&mutex);
      result.tally.Merge(tally);
    });
  }
  for (std::thread& thread : threads) thread.join();
  result.elapsed = absl::Now() - start;
  return result;
}

}  // namespace ordermesh::bench
