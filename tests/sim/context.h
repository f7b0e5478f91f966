// What every part of one simulation shares: chance, time, trace, coverage and the planted bug.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/sim/coverage.h"
#include "tests/sim/rng.h"

namespace ordermesh::sim {

// A bug that the simulator must find. Those that are not TestFault of the order-store are planted in what stands around
// the stores: disks, log, marks and hops.
enum class Plant {
  kNone,
  // TestFault: the order-store does not keep external ids.
  kSkipExternalId,
  // TestFault: the order-store answers before it writes.
  kAckBeforeWrite,
  // Both stores' disks say that they have synced, and have not.
  kSkipSync,
  // Counters are lost where effects are made again from the log.
  kForgetCounters,
  // Sequence numbers are not stored.
  kForgetSequences,
  // The log forgets its last position at a start, and gives it again.
  kReusePosition,
  // What a broken stream had not answered is not sent again.
  kForgetUnanswered,
};

// By their names: "skip_external_id" and so on.
const std::map<std::string, Plant>& Plants();

// Virtual time and what happens at it, in the order of time, then of planning.
class Scheduler {
 public:
  int64_t now_us() const { return now_us_; }
  absl::Time now() const { return absl::FromUnixMicros(now_us_); }
  void After(int64_t delay_us, std::function<void()> task) {
    tasks_.emplace(std::pair(now_us_ + delay_us, next_++), std::move(task));
  }
  // Does what comes next. False where nothing does.
  bool Step() {
    if (tasks_.empty()) return false;
    auto first = tasks_.extract(tasks_.begin());
    now_us_ = first.key().first;
    first.mapped()();
    return true;
  }

 private:
  // 2026-01-15T10:31:00Z.
  int64_t now_us_ = 1'768'473'060'000'000;
  uint64_t next_ = 0;
  std::map<std::pair<int64_t, uint64_t>, std::function<void()>> tasks_;
};

// A hash over everything that happened, and its text where somebody wants to read it.
class Trace {
 public:
  explicit Trace(bool verbose) : verbose_(verbose) {}

  template <typename... Parts>
  void Note(int64_t now_us, const Parts&... parts) {
    line_.clear();
    absl::StrAppend(&line_, now_us % 1'000'000'000, " ", parts..., "\n");
    for (const char c : line_) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    if (verbose_) text_ += line_;
  }
  uint64_t hash() const { return hash_; }
  const std::string& text() const { return text_; }

 private:
  const bool verbose_;
  uint64_t hash_ = 0xcbf29ce484222325;
  std::string line_;
  std::string text_;
};

struct Context {
  Context(uint64_t seed, Plant plant, bool verbose) : plant(plant), rng(seed), trace(verbose) {}

  template <typename... Parts>
  void Note(const Parts&... parts) {
    trace.Note(scheduler.now_us(), parts...);
  }

  const Plant plant;
  Rng rng;
  Scheduler scheduler;
  Trace trace;
  Coverage coverage;
};

}  // namespace ordermesh::sim
