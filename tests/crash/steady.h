// A partner that goes on sending whatever happens to the mesh: through the client package with its own retries, at a
// steady rate that waits for no answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ordermesh/client.h"
#include "tests/crash/history.h"
#include "tests/crash/workload.h"

namespace ordermesh::crash {

struct SteadyOptions {
  // The edge and who calls.
  ClientOptions client;
  // Of its orders those are sent that are JSON.
  std::string partner = "partner-b";
  // Orders a second.
  int rate = 2'000;
  int streams = 4;
  // Of 1,000 orders so many go as calls of their own, and so many are sent a second time although nothing went wrong.
  int unary_per_mille = 100;
  int duplicates_per_mille = 50;
};

// Totals since the start; the gap is that since the sample before.
struct SteadySample {
  int64_t sent = 0;
  // Orders that got a verdict, each time that they were sent.
  int64_t acked = 0;
  int64_t in_flight = 0;
  // Calls that the client package gave up on, orders of a stream among them.
  int64_t failed = 0;
  // Orders that the client package had sent again: they had been stored before their verdict came.
  int64_t retried = 0;
  // How long the oldest order without an answer has waited.
  absl::Duration oldest_unacked;
  // The longest time without any verdict; one that still lasts counts.
  absl::Duration longest_ack_gap;
};

class Steady {
 public:
  // `workload` and `history` must outlive it.
  Steady(const Workload& workload, SteadyOptions options, HistoryWriter& history);
  // Waits for the calls that are under way.
  ~Steady();

  void Start();
  SteadySample Sample() ABSL_LOCKS_EXCLUDED(mutex_);
  // Sends no new orders; waits for all answers and asks again for what failed, until each order has a verdict.
  // DEADLINE_EXCEEDED where that takes longer.
  absl::Status Finish(absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);
  // What the first calls that failed for good were told, at most 100: "order 17: UNAVAILABLE ...".
  std::vector<std::string> failures() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Pending {
    uint64_t number = 0;
    absl::Time sent;
    // Sent a second time on purpose.
    bool again = false;
  };
  struct Awaited {
    uint64_t serial = 0;
    std::future<Result> result;
  };
  struct UnaryCall;

  void SendAtRate();
  void SendOne();
  uint64_t NextNumber();
  uint64_t Invoke(uint64_t number, bool again) ABSL_LOCKS_EXCLUDED(mutex_);
  void SendUnary(uint64_t number, bool again);
  void SendOnStream(uint64_t number, bool again);
  void CollectResults();
  void OnResult(uint64_t serial, const Result& result) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return pending_.empty(); }

  const Workload& workload_;
  const SteadyOptions options_;
  HistoryWriter& history_;
  Client client_;
  std::vector<std::unique_ptr<OrderStream>> streams_;
  std::mt19937_64 random_;
  // Of the sending thread: how far it is, and what may be sent again.
  uint64_t next_number_ = 0;
  std::vector<uint64_t> recent_;
  std::atomic<bool> sending_{false};
  std::atomic<bool> collecting_{true};

  mutable absl::Mutex mutex_;
  uint64_t next_serial_ ABSL_GUARDED_BY(mutex_) = 0;
  // By serial, the oldest first.
  std::map<uint64_t, Pending> pending_ ABSL_GUARDED_BY(mutex_);
  std::list<Awaited> awaited_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> sent_again_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> unresolved_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> failures_ ABSL_GUARDED_BY(mutex_);
  SteadySample totals_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_ack_ ABSL_GUARDED_BY(mutex_);
  std::thread sender_;
  std::thread collector_;
};

}  // namespace ordermesh::crash
