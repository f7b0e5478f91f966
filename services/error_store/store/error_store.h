// One shard of the error-store: what it owns, opened and put together.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "services/common/kv/ack_mark.h"
#include "services/common/kv/delivery_diary.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/error_writer.h"

namespace ordermesh::error_store {

// How a shard runs.
struct StoreOptions {
  uint32_t shard = 0;
  // How long an error is kept after its last change. Errors keep the time that they were given.
  absl::Duration ttl = absl::Hours(24) * kDefaultTtlDays;
  size_t max_queued_bytes = kMaxQueuedBytes;
  Clock clock;
  // Errors up to a new position can be read; on the writer thread, must not block.
  std::function<void()> on_advance;
  // The outcome of a write is unknown: must end the process.
  std::function<void(const absl::Status&)> on_fatal;
  // Off: no thread is started, and the caller does its work by Step (tests/sim).
  bool threads = true;
};

// All methods may be called from any thread.
class ErrorStore {
 public:
  // Takes an opened database and mark. FAILED_PRECONDITION where they belong to another shard; DATA_LOSS where the
  // database has less than was acknowledged.
  static absl::StatusOr<std::unique_ptr<ErrorStore>> Open(std::unique_ptr<kv::Kv> kv, std::unique_ptr<kv::AckMark> mark,
                                                          StoreOptions options);
  // Commits what is queued.
  ~ErrorStore();

  // False, with `batch` untouched, when the queue is full or closed.
  bool TryCommit(CommitBatch&& batch) { return writer_->TryCommit(std::move(batch)); }
  bool TryReview(ReviewBatch&& batch) { return writer_->TryReview(std::move(batch)); }
  // Does what a job asks for on the writer thread, and waits for it. RESOURCE_EXHAUSTED when the queue is full or
  // closed.
  JobOutcome DoJob(JobRequest request);
  // Only without threads: does what is queued, as one group. False where nothing is.
  bool Step() { return writer_->Step(); }
  // Removes all that has expired, in turns on the writer thread, and waits for it. Gives how many. RESOURCE_EXHAUSTED
  // while the disk is full, UNAVAILABLE once closed.
  absl::StatusOr<int64_t> Sweep();
  // Takes no more errors; those queued are still committed.
  void Close() { writer_->Close(); }

  // Writes an openable copy of the database to `directory`, which must not exist. Errors go on meanwhile.
  absl::Status WriteCheckpoint(const std::string& directory) { return kv_->Checkpoint(directory); }

  // The last position that was given. Everything up to it is durable and can be read.
  int64_t end() const { return end_.load(std::memory_order_acquire); }
  uint32_t shard() const { return options_.shard; }
  // Returns when all errors that were known are in the diary, or dropped; for tests.
  void WaitForDiary() { diary_.Settle(); }
  // For the readers (reader.h, lister.h, auditor.h).
  const kv::Kv& kv() const { return *kv_; }

 private:
  ErrorStore(std::unique_ptr<kv::Kv> kv, std::unique_ptr<kv::AckMark> mark, StoreOptions options, int64_t last_position,
             EventHead head);

  const StoreOptions options_;
  const std::unique_ptr<kv::Kv> kv_;
  const std::unique_ptr<kv::AckMark> mark_;
  std::atomic<int64_t> end_;
  Frontier frontier_;
  Counters counters_;
  // Outlives the writer, whose last deliveries it writes.
  kv::DeliveryDiary diary_;
  Committer committer_;
  Reviewer reviewer_;
  Sweeper sweeper_;
  // Last, so that its thread ends first.
  std::unique_ptr<ErrorWriter> writer_;
};

}  // namespace ordermesh::error_store
