// The partner of a crash test: several pipelined streams that survive whatever happens to the mesh.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/crash/history.h"
#include "tests/crash/workload.h"

namespace ordermesh::crash {

// One order to send.
struct Sending {
  uint64_t number = 0;
  bool altered = false;
};

struct ClientOptions {
  int streams = 4;
  // Orders a second that are aimed at, over all streams.
  int rate = 25'000;
  int batch = 256;
  // Unanswered orders of a stream.
  size_t window = 4'096;
  // Of 1,000 orders this many are sent a second time although nothing went wrong.
  int duplicates_per_mille = 50;
  // Each new order is sent 1 to this many times, mixed with others: streams take from one heap in any order.
  int max_deliveries = 1;
  // New orders are made up to this number.
  uint64_t last_number = UINT64_MAX;
};

// What all streams share. Thread-safe.
class Client {
 public:
  using Connect = std::function<std::shared_ptr<grpc::Channel>()>;

  Client(const Workload& workload, const ClientOptions& options, Connect connect, HistoryWriter& history);
  ~Client();

  // Begins to send new orders.
  void Start();
  // Sends no new orders from now on, but goes on until everything sent has a verdict. DEADLINE_EXCEEDED where that
  // takes longer.
  absl::Status Finish(absl::Duration limit);
  // Sends these and waits for their verdicts. Only after Finish.
  absl::Status SendAgain(std::vector<Sending> orders, absl::Duration limit);

  // Numbers below this have been sent.
  uint64_t numbers() const { return next_number_.load(); }
  int64_t verdicts() const { return verdicts_.load(); }
  int64_t broken_streams() const { return broken_streams_.load(); }
  // Orders that were sent, each time.
  int64_t deliveries() const { return deliveries_.load(); }
  // RESOURCE_EXHAUSTED in place of a verdict.
  int64_t refusals() const { return refusals_.load(); }
  // How long the verdicts since the last call took, in milliseconds from each order's last sending.
  std::vector<float> TakeLatencies() ABSL_LOCKS_EXCLUDED(mutex_);
  // True once every new order up to last_number was sent.
  bool exhausted() const { return next_number_.load() > options_.last_number; }
  // A status in place of a verdict that no retry can mend; empty where there was none.
  std::string fault() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class ClientStream;

  void RunStream(uint64_t stream_seed);
  // The next batch, of any partner: retries first, then new orders at the rate. Empty where there is nothing to do now.
  std::vector<Sending> NextBatch(uint64_t& random) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Sending> NewOrders(uint64_t& random);
  // From the heap, where orders are delivered several times.
  std::vector<Sending> FromHeap(uint64_t& random) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddAgain(const std::vector<Sending>& orders) ABSL_LOCKS_EXCLUDED(mutex_);
  void Answered(const std::vector<float>& latencies_ms) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetFault(const std::string& fault) ABSL_LOCKS_EXCLUDED(mutex_);
  void Register(grpc::ClientContext* call) ABSL_LOCKS_EXCLUDED(mutex_);
  void Unregister(grpc::ClientContext* call) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Settled() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return (!making_new_ && open_ == 0) || !fault_.empty(); }
  absl::Status WaitSettled(absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);

  const Workload workload_;
  const ClientOptions options_;
  const Connect connect_;
  HistoryWriter& history_;
  std::atomic<uint64_t> next_number_{0};
  std::atomic<int64_t> verdicts_{0};
  std::atomic<int64_t> broken_streams_{0};
  std::atomic<int64_t> deliveries_{0};
  std::atomic<int64_t> refusals_{0};
  std::atomic<bool> stop_{false};

  mutable absl::Mutex mutex_;
  bool making_new_ ABSL_GUARDED_BY(mutex_) = false;
  // Sent or waiting to be sent again, and without a verdict.
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Sending> again_ ABSL_GUARDED_BY(mutex_);
  std::vector<Sending> heap_ ABSL_GUARDED_BY(mutex_);
  std::vector<float> latencies_ms_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_batch_at_ ABSL_GUARDED_BY(mutex_);
  std::string fault_ ABSL_GUARDED_BY(mutex_);
  // The calls that are under way: a write that nobody reads ends only when its call is cancelled.
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace ordermesh::crash
