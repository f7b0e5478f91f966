// The further deliveries of what a store has: when, with which verdict, under which trace. A diary, not a promise: it
// is written behind the verdicts by a thread of its own, without sync, and nothing depends on it. Both stores keep one,
// as a family of their database:
//
//   deliveries_v1  key = id:16 ingest_id:16                       (of the order or error, and of the delivery)
//                  value = version:1 verdict:u8 time_micros:u64 trace:16
//
// Ingest ids are UUIDs of version 7, so that the entries of an id sort by time. `time_micros` counts from 1970; a trace
// of zeros is none. At most kMaxDeliveries are kept for an id, the newest.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ordermesh/common/v1/delivery.pb.h"
#include "services/common/base/ids.h"
#include "services/common/kv/kv.h"

namespace prometheus {
class Counter;
}

namespace ordermesh::kv {

inline constexpr char kDeliveriesFamily[] = "deliveries_v1";
inline constexpr size_t kMaxDeliveries = 16;

// One delivery of something that was stored before.
struct DeliveryNote {
  // Of the order or error.
  Uuid id;
  Uuid ingest_id;
  common::v1::OrderVerdict::Verdict verdict = common::v1::OrderVerdict::VERDICT_UNSPECIFIED;
  int64_t time_micros = 0;
  // Zero where there is none.
  Uuid trace;
};

// A trace id of 32 hexadecimal digits as bits; zero for the empty text.
Uuid TraceOf(std::string_view trace_id);

// The deliveries that are remembered of an id, oldest first. DATA_LOSS for bytes that nothing of ours writes.
absl::StatusOr<std::vector<common::v1::Delivery>> ReadDeliveries(const Kv& kv, Family family, const Uuid& id);

// Puts the deletion of all deliveries of an id into the batch.
absl::Status DeleteDeliveries(const Kv& kv, Family family, const Uuid& id, WriteBatch& batch);

// What waits to be written, and the thread that writes it: at most kMaxQueued at once and every kPause, so that a storm
// of replays costs next to nothing. What comes while the queue is full is dropped and counted, as is what cannot be
// written. An internal retry, whose ingest id is remembered already, is not noted again. Thread-safe.
class DeliveryDiary {
 public:
  static constexpr size_t kMaxQueued = 256;
  static constexpr absl::Duration kPause = absl::Milliseconds(100);

  // Whether a note is not worth an entry: what it is about is gone, or it is the delivery that the row itself speaks
  // of. Asked on the diary's thread.
  using IsVoid = std::function<absl::StatusOr<bool>(const DeliveryNote&)>;

  // Borrows the database. Without a thread of its own it writes when it is told to (Step).
  DeliveryDiary(Kv& kv, Family family, IsVoid is_void, bool own_thread);
  // Writes what is queued, then joins. Without a thread what is queued is dropped.
  ~DeliveryDiary();

  // Never waits for the disk. `make` gives the note; it is not asked where there is no room.
  template <typename Make>
  void Note(const Make& make) ABSL_LOCKS_EXCLUDED(mutex_) {
    if (queued_.load(std::memory_order_relaxed) >= kMaxQueued) return CountDropped(1);
    Push(make());
  }

  // Only without a thread: writes what is queued. False where nothing is.
  bool Step() ABSL_LOCKS_EXCLUDED(mutex_);
  // Returns when all that was noted before is written or dropped; for tests.
  void Settle() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Push(const DeliveryNote& note) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountDropped(size_t notes);
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<DeliveryNote> Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteOrDrop(std::vector<DeliveryNote> notes);
  absl::Status Write(std::vector<DeliveryNote>& notes);
  // Puts what is new of one id into the batch. Gives how many entries.
  absl::StatusOr<size_t> AppendOfOne(absl::Span<const DeliveryNote> notes, Iterator& entries);
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return closed_ || !queue_.empty(); }
  bool IsSettled() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !writing_ && queue_.empty(); }

  Kv& kv_;
  const Family family_;
  const IsVoid is_void_;
  prometheus::Counter& noted_;
  prometheus::Counter& dropped_;
  // Of the thread that writes.
  const std::unique_ptr<WriteBatch> batch_;
  bool failing_ = false;
  absl::Mutex mutex_;
  std::vector<DeliveryNote> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // The size of the queue, to be looked at without the lock.
  std::atomic<size_t> queued_ = 0;
  std::thread thread_;
};

}  // namespace ordermesh::kv
