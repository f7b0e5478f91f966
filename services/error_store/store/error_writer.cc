#include "services/error_store/store/error_writer.h"

#include <pthread.h>

#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

// An outcome for each item of the batch, all with this status.
std::vector<CommitOutcome> AllWith(const absl::Status& status, const std::vector<Uuid>& ids) {
  std::vector<CommitOutcome> outcomes;
  outcomes.reserve(ids.size());
  for (const Uuid& id : ids) outcomes.push_back({.id = id, .existed = false, .status = status});
  return outcomes;
}

// Gives each batch its outcomes, which follow each other as the batches do.
template <typename Outcome, typename Batch>
void HandOut(std::vector<Outcome> outcomes, const std::vector<size_t>& sizes, std::vector<Batch>& batches) {
  auto next = outcomes.begin();
  for (size_t i = 0; i < batches.size(); ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(sizes[i]);
    batches[i].done({std::make_move_iterator(next), std::make_move_iterator(end)});
    next = end;
  }
}

}  // namespace

ErrorWriter::ErrorWriter(Frontier& frontier, Committer& committer, Reviewer& reviewer, Sweeper& sweeper, Hooks hooks,
                         size_t max_queued_bytes, bool own_thread)
    : frontier_(frontier),
      committer_(committer),
      reviewer_(reviewer),
      sweeper_(sweeper),
      hooks_(std::move(hooks)),
      metrics_(StoreMetrics::Get()),
      queue_(max_queued_bytes) {
  if (!own_thread) return;
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "writer");
}

ErrorWriter::~ErrorWriter() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

bool ErrorWriter::Step() {
  std::vector<Entry> entries = queue_.TryPopGroup(kMaxGroupBytes);
  if (entries.empty()) return false;
  Do(std::move(entries));
  return true;
}

template <typename Batch>
bool ErrorWriter::TryPush(Batch&& batch, size_t weight) {
  Entry entry(std::forward<Batch>(batch));
  if (queue_.TryPush(std::move(entry), weight)) return true;
  batch = std::move(std::get<Batch>(entry));
  return false;
}

bool ErrorWriter::TryCommit(CommitBatch&& batch) {
  size_t weight = 0;
  for (const Intake& item : batch.items) weight += item.Weight();
  return TryPush(std::move(batch), weight);
}

bool ErrorWriter::TryReview(ReviewBatch&& batch) {
  size_t weight = 0;
  for (const ReviewRequest& request : batch.requests) weight += request.Weight();
  return TryPush(std::move(batch), weight);
}

bool ErrorWriter::TryJob(JobBatch&& batch) {
  const size_t weight = batch.request.Weight();
  return TryPush(std::move(batch), weight);
}

bool ErrorWriter::TrySweep(SweepDone done) {
  // It weighs nothing, so that a full queue does not keep the sweep from making room.
  return queue_.TryPush(Entry(std::move(done)), 0);
}

void ErrorWriter::Loop() {
  while (true) {
    std::vector<Entry> entries = queue_.PopGroup(kMaxGroupBytes);
    if (entries.empty()) return;
    metrics_.queued_bytes.Set(static_cast<double>(queue_.weight()));
    Do(std::move(entries));
  }
}

void ErrorWriter::Do(std::vector<Entry> entries) {
  std::vector<CommitBatch> commits;
  std::vector<ReviewBatch> reviews;
  std::vector<JobBatch> jobs;
  std::vector<SweepDone> sweeps;
  for (Entry& entry : entries) {
    if (auto* commit = std::get_if<CommitBatch>(&entry)) {
      commits.push_back(std::move(*commit));
    } else if (auto* review = std::get_if<ReviewBatch>(&entry)) {
      reviews.push_back(std::move(*review));
    } else if (auto* job = std::get_if<JobBatch>(&entry)) {
      jobs.push_back(std::move(*job));
    } else {
      sweeps.push_back(std::move(std::get<SweepDone>(entry)));
    }
  }
  if (!commits.empty()) CommitAll(std::move(commits));
  if (!reviews.empty()) ReviewAll(std::move(reviews));
  for (JobBatch& job : jobs) DoJob(std::move(job));
  for (const SweepDone& done : sweeps) Sweep(done);
}

void ErrorWriter::CommitAll(std::vector<CommitBatch> batches) {
  std::vector<Intake> items;
  std::vector<Uuid> ids;
  std::vector<size_t> sizes;
  for (CommitBatch& batch : batches) {
    sizes.push_back(batch.items.size());
    for (Intake& item : batch.items) {
      ids.push_back(item.id);
      items.push_back(std::move(item));
    }
  }
  absl::StatusOr<std::vector<CommitOutcome>> outcomes = StoreClosed();
  if (!failed_) {
    const absl::Time start = absl::Now();
    outcomes = committer_.Commit(std::move(items));
    metrics_.commit_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - start));
    metrics_.group_size.Observe(static_cast<double>(ids.size()));
    if (!outcomes.ok()) Fail(outcomes.status());
  }
  if (!outcomes.ok()) outcomes = AllWith(StoreClosed(), ids);
  Advanced();
  HandOut(*std::move(outcomes), sizes, batches);
}

void ErrorWriter::ReviewAll(std::vector<ReviewBatch> batches) {
  std::vector<ReviewRequest> requests;
  std::vector<size_t> sizes;
  for (ReviewBatch& batch : batches) {
    sizes.push_back(batch.requests.size());
    std::move(batch.requests.begin(), batch.requests.end(), std::back_inserter(requests));
  }
  const size_t count = requests.size();
  absl::StatusOr<std::vector<ReviewOutcome>> outcomes = StoreClosed();
  if (!failed_) {
    outcomes = reviewer_.Do(std::move(requests));
    if (!outcomes.ok()) Fail(outcomes.status());
  }
  if (!outcomes.ok()) outcomes = std::vector<ReviewOutcome>(count, StoreClosed());
  Advanced();
  HandOut(*std::move(outcomes), sizes, batches);
}

void ErrorWriter::DoJob(JobBatch batch) {
  JobOutcome outcome = StoreClosed();
  if (!failed_) {
    if (const absl::Status status = reviewer_.DoJob(std::move(batch.request), &outcome); !status.ok()) {
      outcome = StoreClosed();
      Fail(status);
    }
  }
  Advanced();
  batch.done(std::move(outcome));
}

void ErrorWriter::Advanced() {
  metrics_.position.Set(static_cast<double>(frontier_.last()));
  hooks_.on_advance(frontier_.last());
}

void ErrorWriter::Sweep(const SweepDone& done) {
  if (failed_) return done(StoreClosed());
  const absl::StatusOr<SweepTurn> turn = sweeper_.Turn();
  if (turn.ok()) {
    metrics_.swept.Increment(static_cast<double>(turn->swept));
  } else if (!absl::IsResourceExhausted(turn.status())) {
    Fail(turn.status());
  }
  done(turn);
}

void ErrorWriter::Fail(const absl::Status& status) {
  failed_ = true;
  hooks_.on_fatal(status);
}

}  // namespace ordermesh::error_store
