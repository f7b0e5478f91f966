// When each key was last used: kept in memory, written now and then.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/kv/kv.h"

namespace ordermesh::partners {

// Thread-safe. Holds one time a key; its owner says which keys there are.
class KeyUses {
 public:
  // Reads what was written. Call once, first. DATA_LOSS for damaged records.
  absl::Status Load(const kv::Kv& kv) ABSL_LOCKS_EXCLUDED(mutex_);
  // A use never goes back: an earlier time changes nothing.
  void Note(std::string_view partner_id, std::string_view key_id, absl::Time used) ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget(std::string_view partner_id, std::string_view key_id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing where the key was never used.
  std::optional<absl::Time> LastUsed(std::string_view partner_id, std::string_view key_id) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes what has changed since the last time, without waiting for the disk. What could not be written is tried again
  // the next time.
  absl::Status Flush(kv::Kv& kv) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  // By the key on disk.
  absl::flat_hash_map<std::string, absl::Time> uses_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> unwritten_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::partners
