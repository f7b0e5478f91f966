// Errors that match a filter, newest first: through the postings of its indexes, with bounded work a call.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/filter.h"
#include "services/error_store/store/posting_cursor.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// An error where it is stored.
struct Found {
  int64_t position = 0;
  size_t stored_bytes = 0;
  Row row;
};

// Not thread-safe. Borrows all that it is given.
class Scan {
 public:
  // False: no more.
  using Take = std::function<bool(Found)>;

  // `steps` bounds the work: seeks, rows and kilobytes of payload that are looked at.
  Scan(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot, int steps);

  // Gives what matches below `before` to `take`. Returns the position below which to go on; 0 where there is nothing
  // left. What `take` refused is not passed over.
  absl::StatusOr<int64_t> Below(int64_t before, const Take& take);

 private:
  absl::StatusOr<bool> ZoneMayMatch(int64_t number);
  // Nothing where the error does not match.
  absl::StatusOr<std::optional<Found>> Read(int64_t position);
  // Whether the filter's text is in the payload as it was received.
  absl::StatusOr<bool> HasText(const Row& row);

  const kv::Kv& kv_;
  const ErrorFilter& filter_;
  const kv::Snapshot* const snapshot_;
  Intersection matching_;
  Budget budget_;
  int64_t zone_number_ = -1;
  Zone zone_;
};

}  // namespace ordermesh::error_store
