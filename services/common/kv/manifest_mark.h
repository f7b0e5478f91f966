// The independent mark of how long the engine's MANIFEST was: what catches one that lost its end.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh::kv {

// RocksDB takes the end of a MANIFEST for granted. Where the record of a flush is gone, so is the log that the flush
// had made superfluous, and the store would start as if those writes had never been. The mark is a small file beside
// the MANIFEST, replaced after every flush and compaction, before the engine removes a log for it:
//
//   manifest-mark = "MANIFEST-000042 2428 " check "\n"        (at least so many bytes; check: XXH3 of what is before
//   it)
//
// It names only what was synced, and a MANIFEST only grows until the next one takes its place: a sound store never
// falls short of it. Where it cannot be written the last one stays. Thread-safe.
class ManifestMark : public rocksdb::EventListener {
 public:
  ManifestMark(rocksdb::Env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  // DATA_LOSS where the MANIFEST in use is shorter than the mark says or an earlier one, or where the mark is damaged.
  // OK without a mark: a new store, one of an earlier release, a checkpoint.
  absl::Status Check() const;
  // Marks the MANIFEST as it is now.
  void Raise(rocksdb::DB* db) ABSL_LOCKS_EXCLUDED(mutex_);

  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) override { Raise(db); }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo&) override { Raise(db); }

 private:
  rocksdb::Env* const env_;
  const std::string directory_;
  absl::Mutex mutex_;
};

}  // namespace ordermesh::kv
