// Walks the postings of several filters downwards together: newest first, without reading what does not match.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"

namespace ordermesh::error_store {

// How much of a call's work is left.
struct Budget {
  int steps;
  // False when it is used up.
  bool Spend() { return steps-- > 0; }
};

// The positions under one prefix of a family.
class PostingCursor {
 public:
  PostingCursor(const kv::Kv& kv, kv::Family family, std::string prefix, const kv::Snapshot* snapshot);

  // The highest position at or below `position`; 0 where there is none. `position` must not rise from call to call.
  absl::StatusOr<int64_t> AtOrBelow(int64_t position);

 private:
  absl::StatusOr<int64_t> Current() const;

  std::string prefix_;
  std::unique_ptr<kv::Iterator> iterator_;
  int64_t at_ = -1;
};

// The positions that all cursors have.
class Intersection {
 public:
  explicit Intersection(std::vector<PostingCursor> cursors) : cursors_(std::move(cursors)) {}

  // The highest common position at or below `position`; 0 where there is none. Where the budget ends first, `position`
  // has come down to where to go on and nothing is returned.
  absl::StatusOr<std::optional<int64_t>> AtOrBelow(int64_t& position, Budget& budget);

 private:
  std::vector<PostingCursor> cursors_;
};

}  // namespace ordermesh::error_store
