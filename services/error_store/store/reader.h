// Single errors, statistics and the change feed. Every function reads one snapshot, so it never sees half a write.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/intake.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// The last position that was given; 0 in an empty store.
absl::StatusOr<int64_t> LastPosition(const kv::Kv& kv, const kv::Snapshot* snapshot = nullptr);

// A row and where it is stored.
struct StoredRow {
  int64_t position = 0;
  Row row;
};
// NOT_FOUND where there is none.
absl::StatusOr<StoredRow> FindRow(const kv::Kv& kv, const Uuid& id, const kv::Snapshot* snapshot = nullptr);

// The error with its payload. NOT_FOUND for a missing and a malformed id alike.
absl::Status GetError(const kv::Kv& kv, const std::string& id, ErrorMessage* error);

// The deliveries of an error, oldest first: the one that left it, then those of the diary.
absl::StatusOr<ordermesh::error::v1::ListErrorDeliveriesResponse> ListDeliveries(const kv::Kv& kv,
                                                                                 const ErrorMessage& error);

// The counts of one partner, or of all where `partner_id` is empty; by status only where that is asked for.
// RESOURCE_EXHAUSTED where all do not fit one answer.
absl::Status GetStats(const kv::Kv& kv, const std::string& partner_id, bool include_statuses,
                      ordermesh::error::v1::ErrorStats* stats);

// Where a reader of the change feed stands and what it wants.
struct FeedPosition {
  int64_t after = 0;
  // Empty: of all partners.
  std::string partner_id;
  int max_errors = 0;
};

// Reads on from `from.after`, up to `end`, and sets the response's position to where to read on. Gaps (swept errors)
// are passed over; work and bytes are bounded.
absl::Status ReadFeed(const kv::Kv& kv, const FeedPosition& from, int64_t end,
                      ordermesh::error::v1::WatchErrorsResponse* response);

}  // namespace ordermesh::error_store
