#include "services/error_store/store/error_store.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/store/schema.h"

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

absl::StatusOr<int64_t> ReadLastPosition(const kv::Kv& kv) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kLastPositionKey));
  if (!stored.has_value()) return 0;
  return PositionOf(*stored);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ErrorStore>> ErrorStore::Open(std::unique_ptr<kv::Kv> kv,
                                                             std::unique_ptr<kv::AckMark> mark, StoreOptions options) {
  OM_ASSIGN_OR_RETURN(const int64_t last_position, ReadLastPosition(*kv));
  if (last_position < mark->position()) return LostTail(last_position, mark->position());
  OM_RETURN_IF_ERROR(SettleShard(*kv, options.shard));
  return std::unique_ptr<ErrorStore>(new ErrorStore(std::move(kv), std::move(mark), std::move(options), last_position));
}

ErrorStore::ErrorStore(std::unique_ptr<kv::Kv> kv, std::unique_ptr<kv::AckMark> mark, StoreOptions options,
                       int64_t last_position)
    : options_(std::move(options)),
      kv_(std::move(kv)),
      mark_(std::move(mark)),
      end_(last_position),
      counters_(*kv_),
      committer_(*kv_, *mark_, counters_, options_.clock, options_.ttl, last_position),
      sweeper_(*kv_, counters_, options_.clock) {
  const auto advance = [this](int64_t end) {
    end_.store(end, std::memory_order_release);
    options_.on_advance();
  };
  writer_ = std::make_unique<ErrorWriter>(committer_, sweeper_, ErrorWriter::Hooks{advance, options_.on_fatal},
                                          options_.max_queued_bytes, options_.threads);
}

ErrorStore::~ErrorStore() = default;

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
