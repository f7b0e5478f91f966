#include "services/order_store/store/writer.h"

#include <pthread.h>

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/order_store/store/writer_metrics.h"

namespace ordermesh::order_store {
namespace {

// One write: 4,096 orders or 8 MiB. Larger ones only make the first order wait longer.
constexpr size_t kMaxWriteWeight = 8 << 20;
// What waits for the writer: the full windows of four streams. Past it the items are refused at once.
constexpr size_t kMaxQueueWeight = 64 << 20;
constexpr absl::Duration kRetryAfterFullDisk = absl::Seconds(1);

}  // namespace

Writer::Writer(const WriterParts& parts, Clock clock, TestFault fault, uint32_t record_version,
               std::function<void()> on_commit, bool own_thread)
    : parts_(parts),
      clock_(std::move(clock)),
      fault_(fault),
      on_commit_(std::move(on_commit)),
      metrics_(std::make_unique<WriterMetrics>()),
      queue_(kMaxQueueWeight),
      effects_(parts.kv),
      decider_(parts.kv, parts.log, effects_, fault, record_version),
      batch_(parts.kv.NewBatch()) {
  if (!own_thread) return;
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "writer");
}

Writer::~Writer() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

bool Writer::Step() {
  std::vector<Entry> entries = queue_.TryPopGroup(kMaxWriteWeight);
  if (entries.empty()) return false;
  Write(entries);
  return true;
}

bool Writer::Submit(std::shared_ptr<PreparedGroup> group, GroupDone done) {
  const size_t weight = WeightOf(*group);
  return queue_.TryPush({std::move(group), std::move(done)}, weight);
}

void Writer::Loop() {
  while (true) {
    std::vector<Entry> entries = queue_.PopGroup(kMaxWriteWeight);
    if (entries.empty()) return;
    metrics_->SetQueued(queue_.weight());
    Write(entries);
  }
}

void Writer::Write(std::vector<Entry>& entries) {
  for (const Entry& entry : entries) groups_.push_back(entry.group);
  bool answered = false;
  absl::Status status = WriteOwedEffects();
  if (status.ok()) {
    batch_->Clear();
    status = decider_.Decide(groups_, clock_(), *batch_);
    if (!status.ok()) decider_.Forget();
  }
  if (!status.ok()) {
    // Not one item was decided on sound state.
    if (absl::IsResourceExhausted(status)) status = WithRetry(status, kRetryAfterFullDisk);
    for (const auto& group : groups_) {
      for (size_t i = 0; i < group->items.size(); ++i) {
        if (!group->items[i].failed) group->Fail(i, status);
      }
    }
  } else if (!decider_.rows().empty()) {
    answered = fault_ == TestFault::kAckBeforeWrite;
    if (answered) Answer(entries);
    status = Append();
    if (!status.ok()) FailUnwritten(status);
  }
  if (!answered) Answer(entries);
  groups_.clear();
}

absl::Status Writer::Append() {
  const auto start = metrics_->StartCommit();
  absl::Status status = parts_.log.Append(decider_.rows(), *batch_);
  if (status.ok() && !parts_.log.keeps_effects()) {
    owes_effects_ = true;
    // The rows are in the log for good: a full disk only puts off what they change.
    if (const absl::Status written = WriteOwedEffects(); !absl::IsResourceExhausted(written)) status = written;
  }
  if (!status.ok()) {
    decider_.Forget();
    return status;
  }
  parts_.mark.Raise(parts_.log.end());
  metrics_->Committed(start, decider_.rows().size(), parts_.log.end());
  Share();
  on_commit_();
  return absl::OkStatus();
}

absl::Status Writer::WriteOwedEffects() {
  if (!owes_effects_) return absl::OkStatus();
  OM_RETURN_IF_ERROR(parts_.kv.Write(*batch_, kv::Durability::kBuffered));
  owes_effects_ = false;
  return absl::OkStatus();
}

void Writer::Share() {
  std::vector<std::shared_ptr<const PreparedGroup>> groups(groups_.begin(), groups_.end());
  const int64_t first = parts_.log.end() - static_cast<int64_t>(decider_.places().size()) + 1;
  parts_.recent.Push(std::make_shared<RecentRows>(first, std::move(groups), std::move(decider_.places())));
}

void Writer::FailUnwritten(const absl::Status& status) {
  const absl::Status answer = WithRetry(status, kRetryAfterFullDisk);
  for (const auto& group : groups_) {
    for (size_t i = 0; i < group->items.size(); ++i) {
      PreparedItem& item = group->items[i];
      const bool rests_on_write = item.position > parts_.log.end() || item.decision == Decision::kSequenceReused;
      if (!item.failed && rests_on_write) group->Fail(i, answer);
    }
  }
}

void Writer::Answer(std::vector<Entry>& entries) {
  for (Entry& entry : entries) {
    metrics_->Count(*entry.group);
    entry.done(*entry.group);
  }
  for (const Entry& entry : entries) NoteReplays(*entry.group);
}

void Writer::NoteReplays(const PreparedGroup& group) {
  for (const PreparedItem& item : group.items) {
    if (item.decision != Decision::kReplayed || item.failed) continue;
    parts_.diary.Note([&]() -> kv::DeliveryNote {
      return {.id = MakeOrderId({parts_.shard, item.position}),
              .ingest_id = item.ingest_id,
              .verdict = common::v1::OrderVerdict::REPLAYED,
              .time_micros = clock_() / 1'000,
              .trace = kv::TraceOf(group.View(item.trace_id))};
    });
  }
}

}  // namespace ordermesh::order_store
