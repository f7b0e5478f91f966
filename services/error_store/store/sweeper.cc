#include "services/error_store/store/sweeper.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/kv/delivery_diary.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

Sweeper::Sweeper(kv::Kv& kv, Counters& counters, Clock clock)
    : kv_(kv), counters_(counters), clock_(std::move(clock)), batch_(kv.NewBatch()) {}

absl::StatusOr<SweepTurn> Sweeper::Turn() {
  const absl::Time now = clock_();
  SweepTurn turn;
  OM_ASSIGN_OR_RETURN(const auto zone, FindZone(absl::ToUnixSeconds(now), turn.more));
  if (zone.has_value()) {
    OM_ASSIGN_OR_RETURN(turn.swept, SweepZone(*zone, now));
    next_zone_ = *zone + 1;
  } else if (!turn.more) {
    next_zone_ = 0;
  }
  return turn;
}

absl::StatusOr<std::optional<int64_t>> Sweeper::FindZone(int64_t now_second, bool& more) {
  const auto zones = kv_.NewIterator(kZones);
  int looked_at = 0;
  more = true;
  for (zones->Seek(ZoneKey(next_zone_)); zones->Valid(); zones->Next()) {
    const auto number = kv::DecodeU64(zones->key());
    if (!number.has_value()) return BadRecord("zone");
    OM_ASSIGN_OR_RETURN(const Zone zone, DecodeZone(zones->value()));
    if (zone.expires_first <= now_second) return static_cast<int64_t>(*number);
    next_zone_ = static_cast<int64_t>(*number) + 1;
    if (++looked_at == kMaxSweepZones) return std::nullopt;
  }
  more = false;
  OM_RETURN_IF_ERROR(zones->status());
  return std::nullopt;
}

absl::StatusOr<int64_t> Sweeper::SweepZone(int64_t zone_number, absl::Time now) {
  batch_->Clear();
  Zone left;
  int64_t swept = 0;
  const std::string end = PositionKey(FirstPositionOf(zone_number + 1));
  const auto rows = kv_.NewIterator(kRows);
  for (rows->Seek(PositionKey(FirstPositionOf(zone_number))); rows->Valid() && rows->key() < end; rows->Next()) {
    OM_ASSIGN_OR_RETURN(const Row row, DecodeRow(rows->value()));
    if (!IsExpired(row.error, now)) {
      left.Add(row.error);
      continue;
    }
    OM_RETURN_IF_ERROR(Remove(rows->key(), row));
    ++swept;
  }
  OM_RETURN_IF_ERROR(rows->status());
  if (swept == 0) return 0;
  if (left.count == 0) {
    batch_->Delete(kZones, ZoneKey(zone_number));
  } else {
    batch_->Put(kZones, ZoneKey(zone_number), EncodeZone(left));
  }
  absl::Status status = counters_.AppendTo(*batch_);
  if (status.ok()) status = kv_.Write(*batch_, kv::Durability::kSynced);
  if (!status.ok()) {
    counters_.Dropped();
    return status;
  }
  counters_.Applied();
  return swept;
}

absl::Status Sweeper::Remove(std::string_view position_key, const Row& row) {
  const auto id = Uuid::Parse(row.error.id());
  if (!id.has_value()) return BadRecord("row");
  batch_->Delete(kRows, position_key);
  batch_->Delete(kIds, IdKey(*id));
  if (row.payload_size > 0) batch_->Delete(kPayloads, PositionKey(row.origin));
  OM_RETURN_IF_ERROR(RemoveHistory(row));
  OM_RETURN_IF_ERROR(kv::DeleteDeliveries(kv_, kDeliveries, *id, *batch_));
  for (std::string& posting : PostingsOf(row.error)) {
    posting += position_key;
    batch_->Delete(kPostings, posting);
  }
  counters_.Count(row.error, -1);
  return absl::OkStatus();
}

absl::Status Sweeper::RemoveHistory(const Row& row) {
  if (row.error.revision() == 1) return absl::OkStatus();
  for (int number = 1; number <= row.error.edits(); ++number) batch_->Delete(kEdits, EditKey(row.origin, number));
  const std::string end = PositionKey(row.origin + 1);
  const auto events = kv_.NewIterator(kEventIndex);
  for (events->Seek(PositionKey(row.origin)); events->Valid() && events->key() < end; events->Next()) {
    batch_->Delete(kEventIndex, events->key());
  }
  return events->status();
}

}  // namespace ordermesh::error_store
