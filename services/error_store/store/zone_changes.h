// The summaries of zones whose rows come and go in one write.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "absl/status/status.h"
#include "services/common/kv/kv.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// Made for one write.
class ZoneChanges {
 public:
  explicit ZoneChanges(const kv::Kv& kv) : kv_(kv) {}

  void Remove(int64_t position) { removed_[ZoneOf(position)].insert(position); }
  void Add(int64_t position, const ErrorMessage& error) { added_[ZoneOf(position)].Add(error); }

  // Puts what the zones become. A zone that loses rows is read again: what it loses may have been its first or last.
  absl::Status AppendTo(kv::WriteBatch& batch) const;

 private:
  absl::StatusOr<Zone> Left(int64_t number, const std::set<int64_t>& removed) const;

  const kv::Kv& kv_;
  std::map<int64_t, std::set<int64_t>> removed_;
  std::map<int64_t, Zone> added_;
};

}  // namespace ordermesh::error_store
