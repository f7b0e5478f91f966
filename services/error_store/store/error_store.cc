#include "services/error_store/store/error_store.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/event_log.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/schema.h"
#include "services/error_store/store/upgrade.h"

namespace ordermesh::error_store {
namespace {

// Writes the shard into a new store; refuses a store of another one.
absl::Status SettleShard(kv::Kv& kv, uint32_t shard) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kShardKey));
  if (!stored.has_value()) {
    const auto batch = kv.NewBatch();
    std::string value;
    kv::AppendU32(value, shard);
    batch->Put(kMeta, kShardKey, value);
    return kv.Write(*batch, kv::Durability::kSynced);
  }
  const auto number = kv::DecodeU32(*stored);
  if (!number.has_value()) return BadRecord("shard");
  return *number == shard ? absl::OkStatus() : WrongShard(*number, shard);
}

// Whether the delivery is the one that left the error, sent again inside the mesh; or the error was swept meanwhile.
absl::StatusOr<bool> IsFirstOrGone(const kv::Kv& kv, const kv::DeliveryNote& note) {
  const auto stored = FindRow(kv, note.id);
  if (absl::IsNotFound(stored.status())) return true;
  OM_RETURN_IF_ERROR(stored.status());
  return stored->row.error.ingest_id() == note.ingest_id.ToString();
}

absl::StatusOr<EventHead> ReadEventHead(const kv::Kv& kv) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kEventHeadKey));
  if (!stored.has_value()) return EventHead{0, NoHash()};
  return DecodeEventHead(*stored);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ErrorStore>> ErrorStore::Open(std::unique_ptr<kv::Kv> kv,
                                                             std::unique_ptr<kv::AckMark> mark, StoreOptions options) {
  OM_ASSIGN_OR_RETURN(const int64_t last_position, LastPosition(*kv));
  if (last_position < mark->position()) return LostTail(last_position, mark->position());
  OM_RETURN_IF_ERROR(SettleShard(*kv, options.shard));
  OM_RETURN_IF_ERROR(UpgradeDerived(*kv));
  OM_ASSIGN_OR_RETURN(EventHead head, ReadEventHead(*kv));
  return std::unique_ptr<ErrorStore>(
      new ErrorStore(std::move(kv), std::move(mark), std::move(options), last_position, std::move(head)));
}

ErrorStore::ErrorStore(std::unique_ptr<kv::Kv> kv, std::unique_ptr<kv::AckMark> mark, StoreOptions options,
                       int64_t last_position, EventHead head)
    : options_(std::move(options)),
      kv_(std::move(kv)),
      mark_(std::move(mark)),
      end_(last_position),
      frontier_(*mark_, last_position),
      counters_(*kv_),
      diary_(
          *kv_, kDeliveries, [this](const kv::DeliveryNote& note) { return IsFirstOrGone(*kv_, note); },
          options_.threads),
      committer_(*kv_, frontier_, counters_, diary_, options_.clock, options_.ttl),
      reviewer_(*kv_, frontier_, counters_, options_.clock, std::move(head)),
      sweeper_(*kv_, counters_, options_.clock) {
  const auto advance = [this](int64_t end) {
    end_.store(end, std::memory_order_release);
    options_.on_advance();
  };
  writer_ = std::make_unique<ErrorWriter>(frontier_, committer_, reviewer_, sweeper_,
                                          ErrorWriter::Hooks{advance, options_.on_fatal}, options_.max_queued_bytes,
                                          options_.threads);
}

ErrorStore::~ErrorStore() = default;

JobOutcome ErrorStore::DoJob(JobRequest request) {
  JobOutcome outcome = StoreClosed();
  absl::Notification done;
  JobBatch batch{std::move(request), [&outcome, &done](JobOutcome result) {
                   outcome = std::move(result);
                   done.Notify();
                 }};
  if (!writer_->TryJob(std::move(batch))) return WriterQueueFull();
  if (!options_.threads) Step();
  done.WaitForNotification();
  return outcome;
}

absl::StatusOr<int64_t> ErrorStore::Sweep() {
  int64_t swept = 0;
  for (bool more = true; more;) {
    absl::StatusOr<SweepTurn> turn = StoreClosed();
    absl::Notification done;
    const bool queued = writer_->TrySweep([&turn, &done](absl::StatusOr<SweepTurn> result) {
      turn = std::move(result);
      done.Notify();
    });
    if (!queued) return StoreClosed();
    if (!options_.threads) Step();
    done.WaitForNotification();
    OM_RETURN_IF_ERROR(turn.status());
    swept += turn->swept;
    more = turn->more;
  }
  return swept;
}

}  // namespace ordermesh::error_store
