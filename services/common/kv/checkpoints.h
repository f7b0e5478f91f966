// The checkpoints of one store: copies of its data folder, by hard links, that live as long as somebody reads them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ordermesh/common/v1/audit.pb.h"
#include "services/common/base/checkpoint_source.h"
#include "services/common/base/ticker.h"

namespace ordermesh::kv {

// An audit of a checkpoint. Not thread-safe.
class CheckpointAudit {
 public:
  virtual ~CheckpointAudit() = default;
  // Does the next few thousand rows and fills in the progress, in the last step the report too. False after that one.
  virtual absl::StatusOr<bool> Step(common::v1::AuditResponse* response) = 0;
  // The newest record format that its rows may have.
  virtual int record_version() const { return 1; }
};

// What the checkpoints of a store are made by.
struct CheckpointOptions {
  // The store's data folder, which holds `db` and `acknowledged`. Checkpoints lie in `checkpoints` below it.
  std::string data;
  // "order-store", "error-store" or "partners".
  std::string store;
  uint32_t shard = 0;
  // The position up to which everything is acknowledged.
  std::function<int64_t()> acknowledged;
  // Kv::Checkpoint.
  std::function<absl::Status(const std::string& directory)> write;
  // Opens the database of a checkpoint, which must not be changed.
  std::function<absl::StatusOr<std::unique_ptr<CheckpointAudit>>(const std::string& directory)> audit;
  // A checkpoint keeps files on the disk that the store has rewritten: few live at a time, and not long.
  size_t max_live = 4;
  // Since it was last read from.
  absl::Duration ttl = absl::Minutes(10);
  std::function<absl::Time()> clock = [] { return absl::Now(); };
};

// Thread-safe.
class Checkpoints final : public CheckpointSource {
 public:
  // Deletes what an earlier process left.
  explicit Checkpoints(CheckpointOptions options);
  // Deletes all. No work and no reader may be left.
  ~Checkpoints() override;

  std::unique_ptr<CheckpointWork> Start() override;
  absl::StatusOr<std::unique_ptr<CheckpointReader>> Open(const backup::v1::ReadFileRequest& request) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Delete(const std::string& checkpoint_id) override ABSL_LOCKS_EXCLUDED(mutex_);
  // Drops those that nobody has read from for the TTL. Called once a minute.
  void Expire() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class Work;
  class Reader;

  // Room for another one, with its folder. RESOURCE_EXHAUSTED.
  absl::StatusOr<std::string> Reserve() ABSL_LOCKS_EXCLUDED(mutex_);
  // Notes a use. NOT_FOUND where it has expired.
  absl::Status Touch(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string FolderOf(const std::string& id) const;

  // A sorted or blob file never changes under its name: hashed once.
  struct Hashed {
    int64_t size = 0;
    ino_t inode = 0;
    std::string sha256;
  };

  const CheckpointOptions options_;
  const std::string folder_;
  mutable absl::Mutex mutex_;
  // When each was last used.
  std::map<std::string, absl::Time> live_ ABSL_GUARDED_BY(mutex_);
  // By path; of the files of the last checkpoint only.
  std::map<std::string, Hashed> hashed_ ABSL_GUARDED_BY(mutex_);
  Ticker expiry_;
};

}  // namespace ordermesh::kv
