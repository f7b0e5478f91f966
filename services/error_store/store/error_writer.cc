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

}  // namespace

ErrorWriter::ErrorWriter(Committer& committer, Sweeper& sweeper, Hooks hooks, size_t max_queued_bytes, bool own_thread)
    : committer_(committer),
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

bool ErrorWriter::TryCommit(CommitBatch&& batch) {
  size_t weight = 0;
  for (const Intake& item : batch.items) weight += item.Weight();
  Entry entry(std::move(batch));
  if (queue_.TryPush(std::move(entry), weight)) return true;
  batch = std::move(std::get<CommitBatch>(entry));
  return false;
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
  std::vector<CommitBatch> batches;
  std::vector<SweepDone> sweeps;
  for (Entry& entry : entries) {
    if (auto* batch = std::get_if<CommitBatch>(&entry)) {
      batches.push_back(std::move(*batch));
    } else {
      sweeps.push_back(std::move(std::get<SweepDone>(entry)));
    }
  }
  if (!batches.empty()) CommitAll(std::move(batches));
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
  metrics_.position.Set(static_cast<double>(committer_.last_position()));
  hooks_.on_advance(committer_.last_position());
  auto next = outcomes->begin();
  for (size_t i = 0; i < batches.size(); ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(sizes[i]);
    batches[i].done({std::make_move_iterator(next), std::make_move_iterator(end)});
    next = end;
  }
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
