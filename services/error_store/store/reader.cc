#include "services/error_store/store/reader.h"

#include <memory>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorStats;
using ordermesh::error::v1::PartnerErrorStats;
using ordermesh::error::v1::WatchErrorsResponse;

// The total, of a partner or of all; 0 where nothing was counted.
absl::StatusOr<int64_t> CountAt(const kv::Kv& kv, const std::string& key, const kv::Snapshot* snapshot) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kCounters, key, snapshot));
  if (!stored.has_value()) return 0;
  return DecodeCount(*stored);
}

// Adds one partner with its (code, field) counts, which lie sorted.
absl::Status AddPartner(const kv::Kv& kv, const std::string& partner_id, int64_t count, const kv::Snapshot* snapshot,
                        int& entries, ErrorStats* stats) {
  PartnerErrorStats* partner = stats->add_partners();
  partner->set_partner_id(partner_id);
  partner->set_count(count);
  const std::string prefix = CodeFieldCountersOf(partner_id);
  const auto counters = kv.NewIterator(kCounters, snapshot);
  for (counters->Seek(prefix); counters->Valid() && counters->key().starts_with(prefix); counters->Next()) {
    if (++entries > kMaxStatsEntries) return TooManyCounters();
    const std::string_view rest = counters->key().substr(prefix.size());
    const auto code = kv::DecodeU32(rest.substr(0, 4));
    if (!code.has_value()) return BadRecord("counter");
    auto* codes = partner->add_codes();
    codes->set_code(static_cast<ViolationCode>(*code));
    codes->set_field(std::string(rest.substr(4)));
    OM_ASSIGN_OR_RETURN(const int64_t of_code, DecodeCount(counters->value()));
    codes->set_count(of_code);
  }
  return counters->status();
}

}  // namespace

absl::StatusOr<int64_t> LastPosition(const kv::Kv& kv, const kv::Snapshot* snapshot) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kLastPositionKey, snapshot));
  if (!stored.has_value()) return 0;
  return PositionOf(*stored);
}

absl::StatusOr<StoredRow> FindRow(const kv::Kv& kv, const Uuid& id, const kv::Snapshot* snapshot) {
  OM_ASSIGN_OR_RETURN(const auto position_key, kv.Get(kIds, IdKey(id), snapshot));
  if (!position_key.has_value()) return ErrorNotFound();
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kRows, *position_key, snapshot));
  if (!stored.has_value()) return BadRecord("id without a row");
  StoredRow found;
  OM_ASSIGN_OR_RETURN(found.position, PositionOf(*position_key));
  OM_ASSIGN_OR_RETURN(found.row, DecodeRow(*stored));
  return found;
}

absl::Status GetError(const kv::Kv& kv, const std::string& id, ErrorMessage* error) {
  const auto uuid = Uuid::Parse(id);
  if (!uuid.has_value()) return ErrorNotFound();
  const auto snapshot = kv.NewSnapshot();
  OM_ASSIGN_OR_RETURN(StoredRow stored, FindRow(kv, *uuid, snapshot.get()));
  const Row& row = stored.row;
  error->Swap(&stored.row.error);
  if (row.payload_size == 0) return absl::OkStatus();
  OM_ASSIGN_OR_RETURN(const auto payload, kv.Get(kPayloads, PositionKey(row.origin), snapshot.get()));
  if (!payload.has_value() || payload->size() != row.payload_size) return BadRecord("payload");
  return DecodePayload(*payload, *error);
}

absl::Status GetStats(const kv::Kv& kv, const std::string& partner_id, ErrorStats* stats) {
  const auto snapshot = kv.NewSnapshot();
  int entries = 0;
  if (!partner_id.empty()) {
    if (!IsPartnerId(partner_id)) return absl::OkStatus();
    OM_ASSIGN_OR_RETURN(const int64_t count, CountAt(kv, PartnerCounter(partner_id), snapshot.get()));
    if (count == 0) return absl::OkStatus();
    stats->set_total_count(count);
    return AddPartner(kv, partner_id, count, snapshot.get(), entries, stats);
  }
  OM_ASSIGN_OR_RETURN(const int64_t total, CountAt(kv, std::string(kTotalCounter), snapshot.get()));
  stats->set_total_count(total);
  const std::string_view prefix(&kPartnerCounters, 1);
  const auto partners = kv.NewIterator(kCounters, snapshot.get());
  for (partners->Seek(prefix); partners->Valid() && partners->key().starts_with(prefix); partners->Next()) {
    OM_ASSIGN_OR_RETURN(const int64_t count, DecodeCount(partners->value()));
    const std::string id(partners->key().substr(1));
    OM_RETURN_IF_ERROR(AddPartner(kv, id, count, snapshot.get(), entries, stats));
  }
  return partners->status();
}

absl::Status ReadFeed(const kv::Kv& kv, const FeedPosition& from, int64_t end, WatchErrorsResponse* response) {
  int64_t position = from.after;
  size_t bytes = 0;
  int steps = 0;
  // An iterator is a snapshot of its own.
  const auto rows = kv.NewIterator(kRows);
  for (rows->Seek(PositionKey(from.after + 1)); rows->Valid(); rows->Next()) {
    OM_ASSIGN_OR_RETURN(const int64_t at, PositionOf(rows->key()));
    const bool full = response->errors_size() == from.max_errors || bytes >= kMaxStreamMessageBytes;
    if (at > end) break;
    if (full || ++steps > kMaxFeedSteps) {
      response->set_position(position);
      return absl::OkStatus();
    }
    OM_ASSIGN_OR_RETURN(Row row, DecodeRow(rows->value()));
    position = at;
    if (!from.partner_id.empty() && row.error.partner_id() != from.partner_id) continue;
    bytes += rows->value().size();
    auto* watched = response->add_errors();
    watched->set_position(at);
    watched->mutable_error()->Swap(&row.error);
  }
  OM_RETURN_IF_ERROR(rows->status());
  // Everything up to the end was seen, a swept tail included.
  response->set_position(end);
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store
