#include "services/error_store/store/zone_changes.h"

#include "services/common/base/errors.h"
#include "services/error_store/store/committer.h"

namespace ordermesh::error_store {

absl::Status ZoneChanges::AppendTo(kv::WriteBatch& batch) const {
  std::map<int64_t, Zone> zones;
  for (const auto& [number, removed] : removed_) {
    OM_ASSIGN_OR_RETURN(zones[number], Left(number, removed));
  }
  for (const auto& [number, added] : added_) {
    if (zones.find(number) == zones.end()) {
      OM_ASSIGN_OR_RETURN(zones[number], ReadZone(kv_, number));
    }
    zones[number].Join(added);
  }
  for (const auto& [number, zone] : zones) {
    if (zone.count == 0) {
      batch.Delete(kZones, ZoneKey(number));
    } else {
      batch.Put(kZones, ZoneKey(number), EncodeZone(zone));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Zone> ZoneChanges::Left(int64_t number, const std::set<int64_t>& removed) const {
  Zone zone;
  const std::string end = PositionKey(FirstPositionOf(number + 1));
  const auto rows = kv_.NewIterator(kRows);
  for (rows->Seek(PositionKey(FirstPositionOf(number))); rows->Valid() && rows->key() < end; rows->Next()) {
    OM_ASSIGN_OR_RETURN(const int64_t position, PositionOf(rows->key()));
    if (removed.count(position) > 0) continue;
    OM_ASSIGN_OR_RETURN(const Row row, DecodeRow(rows->value()));
    zone.Add(row.error);
  }
  OM_RETURN_IF_ERROR(rows->status());
  return zone;
}

}  // namespace ordermesh::error_store
