// Removes errors whose time is over: row, id, payload, postings, zone and counts in one write.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"
#include "services/error_store/store/committer.h"
#include "services/error_store/store/counters.h"

namespace ordermesh::error_store {

// What one turn of a sweep did.
struct SweepTurn {
  int64_t swept = 0;
  // The sweep is not through: take another turn.
  bool more = false;
};

// Sweeps in turns of at most one zone's errors, so that waiting groups are served in between. Not thread-safe: only the
// writer thread uses it.
class Sweeper {
 public:
  // Borrows all that it is given.
  Sweeper(kv::Kv& kv, Counters& counters, Clock clock);

  // RESOURCE_EXHAUSTED where the disk is full: nothing was removed, a later sweep will. After another error the process
  // must end.
  absl::StatusOr<SweepTurn> Turn();

 private:
  // The first zone from next_zone_ on that may hold an expired error; nothing where this turn finds none.
  absl::StatusOr<std::optional<int64_t>> FindZone(int64_t now_second, bool& more);
  absl::StatusOr<int64_t> SweepZone(int64_t zone, absl::Time now);
  // Stages the removal of one error.
  absl::Status Remove(std::string_view position_key, const Row& row);
  // What was done to it stays in the log; its edits and the way there from the error go.
  absl::Status RemoveHistory(const Row& row);

  kv::Kv& kv_;
  Counters& counters_;
  const Clock clock_;
  const std::unique_ptr<kv::WriteBatch> batch_;
  // Where the next turn looks on; 0 at the start of a sweep.
  int64_t next_zone_ = 0;
};

}  // namespace ordermesh::error_store
