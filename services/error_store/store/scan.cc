#include "services/error_store/store/scan.h"

#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/store/committer.h"

namespace ordermesh::error_store {
namespace {

// What the budget counts a payload that is looked through as: so many bytes a step.
constexpr uint32_t kBytesAStep = 1'024;

std::vector<PostingCursor> CursorsOf(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot) {
  std::vector<PostingCursor> cursors;
  if (!filter.partner_id.empty()) cursors.emplace_back(kv, kPostings, PartnerPostings(filter.partner_id), snapshot);
  if (filter.code.has_value() && !filter.field.empty()) {
    cursors.emplace_back(kv, kPostings, CodeFieldPostings(*filter.code, filter.field), snapshot);
  } else if (filter.code.has_value()) {
    cursors.emplace_back(kv, kPostings, CodePostings(*filter.code), snapshot);
  }
  if (const auto order_id = Uuid::Parse(filter.order_id)) {
    cursors.emplace_back(kv, kPostings, OrderPostings(*order_id), snapshot);
  }
  if (filter.status.has_value()) cursors.emplace_back(kv, kPostings, StatusPostings(*filter.status), snapshot);
  if (cursors.empty()) cursors.emplace_back(kv, kRows, "", snapshot);
  return cursors;
}

}  // namespace

Scan::Scan(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot, int steps)
    : kv_(kv), filter_(filter), snapshot_(snapshot), matching_(CursorsOf(kv, filter, snapshot)), budget_{steps} {}

absl::StatusOr<int64_t> Scan::Below(int64_t before, const Take& take) {
  int64_t position = before - 1;
  while (position > 0) {
    OM_ASSIGN_OR_RETURN(const auto match, matching_.AtOrBelow(position, budget_));
    if (!match.has_value()) return position + 1;
    if (*match == 0) return 0;
    OM_ASSIGN_OR_RETURN(const bool zone_matches, ZoneMayMatch(ZoneOf(position)));
    if (!zone_matches) {
      position = FirstPositionOf(ZoneOf(position)) - 1;
      continue;
    }
    OM_ASSIGN_OR_RETURN(auto found, Read(position));
    // Refused only now, so that a page that ends with the last error has no token.
    if (found.has_value() && !take(*std::move(found))) return position + 1;
    --position;
  }
  return 0;
}

absl::StatusOr<bool> Scan::ZoneMayMatch(int64_t number) {
  if (!filter_.HasTime()) return true;
  if (number != zone_number_) {
    OM_ASSIGN_OR_RETURN(zone_, ReadZone(kv_, number, snapshot_));
    zone_number_ = number;
  }
  return filter_.MayMatchSeconds(zone_.received_first, zone_.received_last);
}

absl::StatusOr<std::optional<Found>> Scan::Read(int64_t position) {
  budget_.Spend();
  OM_ASSIGN_OR_RETURN(const auto stored, kv_.Get(kRows, PositionKey(position), snapshot_));
  if (!stored.has_value()) return BadRecord("posting without a row");
  Found found{.position = position, .stored_bytes = stored->size(), .row = {}};
  OM_ASSIGN_OR_RETURN(found.row, DecodeRow(*stored));
  if (!filter_.Matches(found.row.error)) return std::nullopt;
  OM_ASSIGN_OR_RETURN(const bool has_text, HasText(found.row));
  if (!has_text) return std::nullopt;
  return found;
}

absl::StatusOr<bool> Scan::HasText(const Row& row) {
  if (filter_.text.empty()) return true;
  if (row.payload_size == 0) return false;
  // To read a payload costs as much as many seeks.
  for (uint32_t read = 0; read <= row.payload_size; read += kBytesAStep) budget_.Spend();
  OM_ASSIGN_OR_RETURN(const auto stored, kv_.Get(kPayloads, PositionKey(row.origin), snapshot_));
  return stored.has_value() && stored->find(filter_.text) != std::string::npos;
}

}  // namespace ordermesh::error_store
