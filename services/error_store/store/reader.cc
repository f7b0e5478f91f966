#include "services/error_store/store/reader.h"

#include <memory>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/kv/delivery_diary.h"
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

// One GetStats call.
class StatsReader {
 public:
  StatsReader(const kv::Kv& kv, bool include_statuses, ErrorStats* stats)
      : kv_(kv), include_statuses_(include_statuses), stats_(stats), snapshot_(kv.NewSnapshot()) {}

  absl::Status One(const std::string& partner_id) {
    if (!IsPartnerId(partner_id)) return absl::OkStatus();
    OM_ASSIGN_OR_RETURN(const int64_t count, CountAt(kv_, PartnerCounter(partner_id), snapshot_.get()));
    if (count == 0) return absl::OkStatus();
    stats_->set_total_count(count);
    return Add(partner_id, count);
  }

  absl::Status All() {
    OM_ASSIGN_OR_RETURN(const int64_t total, CountAt(kv_, std::string(kTotalCounter), snapshot_.get()));
    stats_->set_total_count(total);
    const std::string_view prefix(&kPartnerCounters, 1);
    const auto partners = kv_.NewIterator(kCounters, snapshot_.get());
    for (partners->Seek(prefix); partners->Valid() && partners->key().starts_with(prefix); partners->Next()) {
      OM_ASSIGN_OR_RETURN(const int64_t count, DecodeCount(partners->value()));
      OM_RETURN_IF_ERROR(Add(std::string(partners->key().substr(1)), count));
    }
    return partners->status();
  }

 private:
  absl::Status Add(const std::string& partner_id, int64_t count) {
    PartnerErrorStats& partner = *stats_->add_partners();
    partner.set_partner_id(partner_id);
    partner.set_count(count);
    OM_RETURN_IF_ERROR(AddCodes(partner));
    return include_statuses_ ? AddStatuses(partner) : absl::OkStatus();
  }

  // The (code, field) counts of the partner, which lie sorted.
  absl::Status AddCodes(PartnerErrorStats& partner) {
    return EachCounter(CodeFieldCountersOf(partner.partner_id()), [&](std::string_view rest, int64_t count) {
      const auto code = kv::DecodeU32(rest.substr(0, 4));
      if (!code.has_value()) return false;
      auto* codes = partner.add_codes();
      codes->set_code(static_cast<ViolationCode>(*code));
      codes->set_field(std::string(rest.substr(4)));
      codes->set_count(count);
      return true;
    });
  }

  // So do these.
  absl::Status AddStatuses(PartnerErrorStats& partner) {
    return EachCounter(StatusCountersOf(partner.partner_id()), [&](std::string_view rest, int64_t count) {
      const auto status = kv::DecodeU32(rest);
      if (!status.has_value()) return false;
      auto* statuses = partner.add_statuses();
      statuses->set_status(static_cast<ErrorMessage::Status>(*status));
      statuses->set_count(count);
      return true;
    });
  }

  // Gives what follows the prefix, and the count, of each counter; `take` says false of a key that is none.
  template <typename Take>
  absl::Status EachCounter(const std::string& prefix, const Take& take) {
    const auto counters = kv_.NewIterator(kCounters, snapshot_.get());
    for (counters->Seek(prefix); counters->Valid() && counters->key().starts_with(prefix); counters->Next()) {
      if (++entries_ > kMaxStatsEntries) return TooManyCounters();
      OM_ASSIGN_OR_RETURN(const int64_t count, DecodeCount(counters->value()));
      if (!take(counters->key().substr(prefix.size()), count)) return BadRecord("counter");
    }
    return counters->status();
  }

  const kv::Kv& kv_;
  const bool include_statuses_;
  ErrorStats* const stats_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  int entries_ = 0;
};

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

absl::StatusOr<ordermesh::error::v1::ListErrorDeliveriesResponse> ListDeliveries(const kv::Kv& kv,
                                                                                 const ErrorMessage& error) {
  const auto id = Uuid::Parse(error.id());
  if (!id.has_value()) return BadRecord("row");
  ordermesh::error::v1::ListErrorDeliveriesResponse response;
  auto& first = *response.add_deliveries();
  *first.mutable_time() = error.received_time();
  first.set_verdict(error.kind());
  first.set_trace_id(error.trace_id());
  first.set_ingest_id(error.ingest_id());
  OM_ASSIGN_OR_RETURN(auto others, kv::ReadDeliveries(kv, kDeliveries, *id));
  for (auto& other : others) response.add_deliveries()->Swap(&other);
  return response;
}

absl::Status GetStats(const kv::Kv& kv, const std::string& partner_id, bool include_statuses, ErrorStats* stats) {
  StatsReader reader(kv, include_statuses, stats);
  return partner_id.empty() ? reader.All() : reader.One(partner_id);
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
