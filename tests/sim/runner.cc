#include "tests/sim/runner.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/sim/mark_file.h"

namespace ordermesh::sim {
namespace {

class Runner {
 public:
  explicit Runner(const RunOptions& options) : options_(options) {}

  Summary Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { Work(); });
    for (std::thread& thread : threads) thread.join();
    absl::MutexLock lock(&mutex_);
    return summary_;
  }

 private:
  void Work() {
    const MarkFolder folder;
    while (!stopping_) {
      const uint64_t index = next_.fetch_add(1);
      if (index >= options_.seeds) return;
      const uint64_t seed = options_.first_seed + index;
      Add(seed, Simulate(seed, options_.plant, folder.path(), /*verbose=*/false));
    }
  }

  void Add(uint64_t seed, const Outcome& outcome) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ++summary_.seeds;
    summary_.ops += outcome.ops;
    summary_.orders += outcome.orders;
    summary_.deaths += outcome.deaths;
    summary_.coverage.Merge(outcome.coverage);
    if (outcome.broken.empty() || (summary_.broken_seed.has_value() && *summary_.broken_seed < seed)) return;
    summary_.broken_seed = seed;
    summary_.broken = outcome.broken;
    stopping_ = true;
  }

  const RunOptions options_;
  std::atomic<uint64_t> next_ = 0;
  std::atomic<bool> stopping_ = false;
  absl::Mutex mutex_;
  Summary summary_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

Summary RunSeeds(const RunOptions& options) { return Runner(options).Run(); }

}  // namespace ordermesh::sim
