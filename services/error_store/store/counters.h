// The exact counts, changed in the same write as what they count.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "services/common/kv/kv.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// The writer's view of the counters. One write at a time: Count, AppendTo, write, then Applied or Dropped. Not
// thread-safe.
class Counters {
 public:
  explicit Counters(const kv::Kv& kv) : kv_(kv) {}

  // Stages one error more (delta 1) or less (delta -1) in every counter that it counts in.
  void Count(const ErrorMessage& error, int64_t delta);
  // Puts the new counts. DATA_LOSS where a count would become negative.
  absl::Status AppendTo(kv::WriteBatch& batch);
  // The write was done.
  void Applied();
  // The write was not done: what was staged is forgotten.
  void Dropped() { staged_.clear(); }

 private:
  struct Staged {
    int64_t delta = 0;
    int64_t count = 0;
  };

  absl::StatusOr<int64_t> Known(const std::string& key);

  const kv::Kv& kv_;
  // Counts as stored, for the keys met so far; bounded by kMaxKnownCounters.
  absl::flat_hash_map<std::string, int64_t> known_;
  absl::flat_hash_map<std::string, Staged> staged_;
};

}  // namespace ordermesh::error_store
