#include "services/error_store/service/job_runner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/telemetry/log.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/service/trials.h"

namespace ordermesh::error_store {
namespace {

// A job's rate is kept piece by piece.
constexpr absl::Duration kTurn = absl::Milliseconds(200);
// After something that did not work: validation or the feed are away, or the disk is full.
constexpr absl::Duration kPause = absl::Seconds(1);
// What waits to be sent before a job takes more: when the mesh is busy with orders, jobs stand still.
constexpr size_t kMostWaiting = 256;

int PieceOf(const JobMessage& job) {
  const auto errors = static_cast<int>(job.rate() * absl::ToDoubleSeconds(kTurn));
  return std::clamp(errors, 1, kMaxJobTurn);
}

// How long a piece of this job has to last.
absl::Duration LengthOf(const JobMessage& job) { return absl::Seconds(1) * PieceOf(job) / std::max(job.rate(), 1); }

// Whether what the job sends would be refused, as far as mapping and rules say.
bool LooksFirst(const JobAction& action) { return action.has_fix() && !action.fix().also_failing(); }

ReviewRequest RequestFor(const JobMessage& job, Trial trial) {
  ReviewRequest request;
  request.id = *Uuid::Parse(trial.row.error.id());
  request.action = ActionOf(job, trial.row.error.revision());
  if (job.action().has_fix()) {
    request.action.payload_sha256 = Sha256(trial.payload);
    request.raw_payload = std::move(trial.payload);
    request.retry = true;
  }
  return request;
}

}  // namespace

JobRunner::JobRunner(ErrorStore& store, Validator& validator, Retrier* retrier)
    : store_(store), validator_(validator), retrier_(retrier), thread_([this] { Loop(); }) {
  pthread_setname_np(thread_.native_handle(), "jobs");
}

JobRunner::~JobRunner() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void JobRunner::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void JobRunner::Loop() {
  while (WaitUntil(TurnAll())) {
  }
}

absl::Time JobRunner::TurnAll() {
  const absl::Time start = absl::Now();
  const auto jobs = RunningJobs(store_.kv());
  if (!jobs.ok()) return start + kPause;
  absl::Time next = absl::InfiniteFuture();
  for (const JobMessage& job : *jobs) {
    next = std::min(next, Turn(job) ? start + LengthOf(job) : absl::Now() + kPause);
  }
  return next;
}

bool JobRunner::Turn(const JobMessage& job) {
  if (Sends(job.action()) && (retrier_ == nullptr || retrier_->backlog() > kMostWaiting)) return true;
  auto piece = NextPiece(job, PieceOf(job));
  const absl::Status done = piece.ok() ? Write(*std::move(piece)) : piece.status();
  if (!done.ok()) {
    telemetry::LogWarning("job waits", {{"job", job.id()}, {"reason", ReasonOf(done)}});
  }
  return done.ok();
}

absl::StatusOr<JobRequest> JobRunner::NextPiece(const JobMessage& job, int most) {
  JobRequest piece;
  piece.job.set_id(job.id());
  piece.from = job.next_position();
  OM_ASSIGN_OR_RETURN(const ErrorFilter filter, FilterOf(job.filter()));
  const auto snapshot = store_.kv().NewSnapshot();
  std::vector<Row> rows;
  Scan scan(store_.kv(), filter, snapshot.get(), kMaxListSteps);
  OM_ASSIGN_OR_RETURN(piece.to, scan.Below(piece.from, [&rows, most](Found found) {
    if (static_cast<int>(rows.size()) == most) return false;
    rows.push_back(std::move(found.row));
    return true;
  }));
  OM_ASSIGN_OR_RETURN(auto trials, TryAll(store_.kv(), snapshot.get(), validator_, job.action(),
                                          LooksFirst(job.action()), std::move(rows)));
  for (Trial& trial : trials) {
    if (trial.Passes()) {
      piece.requests.push_back(RequestFor(job, std::move(trial)));
    } else {
      ++piece.skipped;
    }
  }
  return piece;
}

absl::Status JobRunner::Write(JobRequest request) {
  OM_ASSIGN_OR_RETURN(const JobTurn turn, store_.DoJob(std::move(request)));
  for (const Uuid& id : turn.sent) retrier_->Add(id);
  return absl::OkStatus();
}

bool JobRunner::WaitUntil(absl::Time when) {
  absl::MutexLock lock(&mutex_);
  const auto over = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || woken_; };
  mutex_.AwaitWithDeadline(absl::Condition(&over), when);
  woken_ = false;
  return !stopping_;
}

}  // namespace ordermesh::error_store
