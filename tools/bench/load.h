// The load itself: streams or calls that send orders and wait for their verdicts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "tools/bench/order_maker.h"
#include "tools/bench/tally.h"

namespace ordermesh::bench {

enum class Mode { kStream, kBatch, kUnary };

struct LoadOptions {
  Mode mode = Mode::kStream;
  int streams = 4;
  int batch = 256;
  // Closed loop: what each stream may have unanswered. Stream mode only; a call is its own window.
  int64_t window = 8'192;
  // Open loop: orders per second over all streams; 0 is a closed loop.
  double rate = 0;
  // The load ends after so many orders, or so much time, whichever comes first; 0 is no limit.
  int64_t orders = 1'000'000;
  absl::Duration duration = absl::InfiniteDuration();
  // How long no verdict may come before the load gives up.
  absl::Duration wait = absl::Seconds(30);
};

using FeedStub = feed::v1::FeedService::StubInterface;

// Gives out the orders of a load in batches, and in an open loop the time at which each is meant to be sent.
// Thread-safe.
class Schedule {
 public:
  Schedule(const LoadOptions& options, absl::Time start) : options_(options), start_(start) {}

  struct Batch {
    int64_t first = 0;
    int count = 0;
    // The intended send time; in a closed loop as soon as possible.
    absl::Time due = absl::InfinitePast();
  };
  // The next batch; nothing when the load is at its end.
  std::optional<Batch> Next(absl::Time now);
  // Orders given out so far.
  int64_t given() const { return next_.load(std::memory_order_relaxed); }
  bool open_loop() const { return options_.rate > 0; }

 private:
  const LoadOptions& options_;
  const absl::Time start_;
  std::atomic<int64_t> next_ = 0;
};

// Runs one stream or one sequence of calls to the end of the schedule; every order has its verdict then, or is counted
// as failed. `progress` is raised with each verdict.
Tally RunStreamWorker(const LoadOptions& options, const OrderMaker& maker, FeedStub& feed, Schedule& schedule,
                      std::atomic<int64_t>& progress);
Tally RunCallWorker(const LoadOptions& options, const OrderMaker& maker, FeedStub& feed, Schedule& schedule,
                    std::atomic<int64_t>& progress);

// A whole load: one connection and one worker for each stream.
struct LoadResult {
  Tally tally;
  absl::Duration elapsed;
};
LoadResult RunLoad(const LoadOptions& options, const OrderMaker& maker,
                   const std::function<std::unique_ptr<FeedStub>()>& connect, std::atomic<int64_t>& progress);

}  // namespace ordermesh::bench
