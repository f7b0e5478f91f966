// Does what people ask for to a group of errors: one synced write of rows, edits and events, or nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/common/base/ids.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/domain/review.h"
#include "services/error_store/store/committer.h"
#include "services/error_store/store/counters.h"
#include "services/error_store/store/frontier.h"
#include "services/error_store/store/jobs.h"
#include "services/error_store/store/zone_changes.h"

namespace ordermesh::error_store {

// An action on one error.
struct ReviewRequest {
  Uuid id;
  // Only an error of this partner; empty: of any.
  std::string partner_id;
  Action action;
  // EDITED: the new payload, exactly one.
  std::string raw_payload;
  std::string canonical_order;
  // EDITED: also RETRIED, in the same write.
  bool retry = false;

  // What it weighs in the writer's queue.
  size_t Weight() const { return raw_payload.size() + canonical_order.size() + kErrorOverheadBytes; }
};

// The error as it is since, without its payload; or why nothing was done.
using ReviewOutcome = absl::StatusOr<ErrorMessage>;

// Something that happens to a job: it begins, it is cancelled, or it takes errors.
struct JobRequest {
  // With its id; of one that begins, as it begins.
  JobMessage job;
  enum class Kind { kBegin, kCancel, kTake } kind = Kind::kTake;
  // Who begins or cancels it.
  Actor actor;
  // kTake: it goes on below `from` and has then come down to `to`. What somebody else has changed meanwhile is left as
  // it is; `skipped` is left as it is anyway.
  int64_t from = 0;
  int64_t to = 0;
  int64_t skipped = 0;
  std::vector<ReviewRequest> requests;

  size_t Weight() const;
};

// The job as it is since, and the errors that it has made RETRYING; or why nothing was done.
struct JobTurn {
  JobMessage job;
  std::vector<Uuid> sent;
};
using JobOutcome = absl::StatusOr<JobTurn>;

// Not thread-safe: only the writer thread uses it.
class Reviewer {
 public:
  // Borrows all that it is given. `head` is the end of the log of events.
  Reviewer(kv::Kv& kv, Frontier& frontier, Counters& counters, Clock clock, EventHead head);

  // Takes the requests one after the other and gives an outcome for each. An error is returned only where the outcome
  // is unknown: then nothing may be acknowledged and the process must end.
  absl::StatusOr<std::vector<ReviewOutcome>> Do(std::vector<ReviewRequest> requests);
  // The same for a job and the errors that it takes: one write. A turn that was taken already does nothing.
  absl::Status DoJob(JobRequest request, JobOutcome* outcome);

 private:
  // An error that the group looks at, as it is so far.
  struct Standing {
    // Where it is stored, and what it is counted as there.
    int64_t stored_position = 0;
    ErrorMessage stored;
    Row row;
    bool changed = false;
  };

  // Forgets the group before.
  void Begin();
  absl::StatusOr<JobTurn> DoJobOne(JobRequest& request, absl::Time now);
  absl::StatusOr<JobTurn> BeginJob(const JobRequest& request, absl::Time now);
  absl::StatusOr<JobTurn> CancelJob(const JobRequest& request, absl::Time now);
  absl::StatusOr<JobTurn> Take(JobRequest& request, absl::Time now);
  void AppendJobEvent(ErrorEvent::Action kind, const JobMessage& job, const Actor& actor, absl::Time now);
  absl::StatusOr<ErrorMessage> DoOne(ReviewRequest& request, absl::Time now);
  absl::StatusOr<Standing*> Find(const ReviewRequest& request);
  absl::StatusOr<Standing> Load(const Uuid& id) const;
  absl::Status CheckContent(const ReviewRequest& request, const Row& row) const;
  void AppendEdit(const ReviewRequest& request, absl::Time now, const Row& row);
  // Behind the last one; without an origin it is about no error.
  void AppendEvent(std::optional<int64_t> origin, ErrorEvent& event);
  // Tells the job that sent the error.
  absl::Status TellJob(const ErrorEvent& answered, absl::Time now);
  // Moves what has changed to new positions.
  absl::Status AppendRows(int64_t* position);
  absl::Status Write();

  kv::Kv& kv_;
  Frontier& frontier_;
  Counters& counters_;
  const Clock clock_;
  EventHead head_;
  // Of the group that is being done.
  const std::unique_ptr<kv::WriteBatch> batch_;
  EventHead next_head_;
  absl::flat_hash_map<Uuid, std::unique_ptr<Standing>> standings_;
  // In the order of their first change.
  std::vector<Standing*> changed_;
  JobBook jobs_;
};

}  // namespace ordermesh::error_store
