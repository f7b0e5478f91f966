// The one thread that writes: takes what has gathered while the last sync ran, and commits it as one group.
#pragma once

#include <functional>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/group_queue.h"
#include "services/error_store/store/committer.h"
#include "services/error_store/store/frontier.h"
#include "services/error_store/store/reviewer.h"
#include "services/error_store/store/store_metrics.h"
#include "services/error_store/store/sweeper.h"

namespace ordermesh::error_store {

// Errors that came together and are answered together.
struct CommitBatch {
  std::vector<Intake> items;
  // Called once on the writer thread, with an outcome for each item in their order. Must not block.
  std::function<void(std::vector<CommitOutcome>)> done;
};

// Actions that came together and are answered together.
struct ReviewBatch {
  std::vector<ReviewRequest> requests;
  // As CommitBatch::done.
  std::function<void(std::vector<ReviewOutcome>)> done;
};

// A job's request.
struct JobBatch {
  JobRequest request;
  // Called once on the writer thread. Must not block.
  std::function<void(JobOutcome)> done;
};

class ErrorWriter {
 public:
  struct Hooks {
    // A group is durable up to this position and can be read. Called before its answers; must not block.
    std::function<void(int64_t end)> on_advance;
    // The outcome of a write is unknown: must end the process. Where it returns (tests), all that is asked from then on
    // is answered UNAVAILABLE and nothing is written.
    std::function<void(const absl::Status&)> on_fatal;
  };
  using SweepDone = std::function<void(absl::StatusOr<SweepTurn>)>;

  // Borrows all that it is given and starts the thread. Without a thread of its own it works when it is told to
  // (Step).
  ErrorWriter(Frontier& frontier, Committer& committer, Reviewer& reviewer, Sweeper& sweeper, Hooks hooks,
              size_t max_queued_bytes, bool own_thread);
  // Commits what is queued, then joins. Without a thread what is queued is dropped.
  ~ErrorWriter();

  // Only without a thread: does what is queued, as one group. False where nothing is.
  bool Step();

  // False, with `batch` untouched, when the queue is full or closed.
  bool TryCommit(CommitBatch&& batch);
  bool TryReview(ReviewBatch&& batch);
  bool TryJob(JobBatch&& batch);
  // Takes one turn of the sweep behind what is queued. False when closed.
  bool TrySweep(SweepDone done);
  // Takes no more; what is queued is still committed.
  void Close() { queue_.Close(); }

 private:
  using Entry = std::variant<CommitBatch, ReviewBatch, JobBatch, SweepDone>;

  // False, with `batch` untouched, when the queue is full or closed.
  template <typename Batch>
  bool TryPush(Batch&& batch, size_t weight);
  void Loop();
  void Do(std::vector<Entry> entries);
  void CommitAll(std::vector<CommitBatch> batches);
  void ReviewAll(std::vector<ReviewBatch> batches);
  void DoJob(JobBatch batch);
  // Says how far the store is.
  void Advanced();
  void Sweep(const SweepDone& done);
  void Fail(const absl::Status& status);

  Frontier& frontier_;
  Committer& committer_;
  Reviewer& reviewer_;
  Sweeper& sweeper_;
  const Hooks hooks_;
  StoreMetrics& metrics_;
  GroupQueue<Entry> queue_;
  // Only the writer thread touches it.
  bool failed_ = false;
  std::thread thread_;
};

}  // namespace ordermesh::error_store
