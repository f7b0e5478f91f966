// Works off the jobs that are running: takes errors piece by piece, as fast as the job may and the mesh has room for.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/error_store/service/retrier.h"
#include "services/error_store/service/validator.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

// Where a job stands is in the store alone: one that was killed goes on where the last write left it. One thread.
class JobRunner {
 public:
  // Begins with the jobs that run. `retrier` null: jobs that send wait. Borrows all that it is given.
  JobRunner(ErrorStore& store, Validator& validator, Retrier* retrier);
  // Waits for the piece that is under way.
  ~JobRunner();

  // A job has begun.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();
  // One piece of each job that runs. Gives when to look again; nothing runs: never.
  absl::Time TurnAll();
  // False where nothing could be done now.
  bool Turn(const JobMessage& job);
  absl::StatusOr<JobRequest> NextPiece(const JobMessage& job, int most);
  // Writes the piece, and sends what it says.
  absl::Status Write(JobRequest request);
  bool WaitUntil(absl::Time when) ABSL_LOCKS_EXCLUDED(mutex_);

  ErrorStore& store_;
  Validator& validator_;
  Retrier* const retrier_;

  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ordermesh::error_store
