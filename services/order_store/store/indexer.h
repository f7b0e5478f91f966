// The thread that derives the query indexes behind the writer, block by block, and keeps the block that is not full yet
// in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/postings.h"
#include "services/order_store/store/recent.h"

namespace prometheus {
class Gauge;
}

namespace ordermesh::order_store {

// Thread-safe.
class Indexer {
 public:
  // All must outlive it. Starts behind the last sealed block. Without a thread of its own it works when it is told to
  // (Turn).
  static absl::StatusOr<std::unique_ptr<Indexer>> Start(kv::Kv& kv, const Log& log, const Recent& recent,
                                                        bool own_thread);
  ~Indexer();

  // What its thread does over and over: indexes the next few rows. Without a thread the caller does. False once it has
  // failed.
  bool Turn();

  // There are new rows. Never waits for the indexer.
  void Wake() ABSL_LOCKS_EXCLUDED(wake_mutex_);
  // Returns when positions up to `position` are indexed, or when the indexer has failed.
  void WaitFor(int64_t position) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Positions up to this are found through the index.
  int64_t indexed() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Blocks below this are sealed: found by FindPostings.
  uint32_t sealed() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Adds what the unsealed block has; false where `block` is sealed meanwhile. `indexed` is how far it reaches.
  bool FindUnsealed(uint32_t block, TermKind kind, uint32_t first, uint32_t last, BlockSet* found,
                    int64_t* indexed) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Indexer(kv::Kv& kv, const Log& log, const Recent& recent, uint32_t sealed, bool own_thread);

  void Loop();
  // Indexes the next few rows.
  absl::Status Step();
  absl::Status StepFromLog();
  void StepFromRecent(const RecentRows& rows);
  // Writes the full block. RESOURCE_EXHAUSTED where the disk is full: tried again at the next step.
  absl::Status Seal();
  // Tells Prometheus how far it is, and now and then what the engine uses.
  void Report();
  bool Woken() const ABSL_SHARED_LOCKS_REQUIRED(wake_mutex_) { return stopping_ || woken_; }

  kv::Kv& kv_;
  const Log& log_;
  const Recent& recent_;
  prometheus::Gauge& lag_;
  std::chrono::steady_clock::time_point engine_reported_;

  absl::Mutex wake_mutex_;
  bool stopping_ ABSL_GUARDED_BY(wake_mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(wake_mutex_) = true;

  mutable absl::Mutex mutex_;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  uint32_t sealed_ ABSL_GUARDED_BY(mutex_);
  int64_t indexed_ ABSL_GUARDED_BY(mutex_);
  // The terms of block `sealed_`. Only the indexer's thread changes it.
  BlockTerms unsealed_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace ordermesh::order_store
