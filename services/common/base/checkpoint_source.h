// Where a backup comes from. common/kv makes it from a store, common/rpc serves it: neither sees the other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/backup/v1/backup_service.pb.h"

namespace ordermesh {

// The making of one checkpoint, in steps so that a caller who went away stops it. Not thread-safe. Destroyed before its
// last step it drops the checkpoint.
class CheckpointWork {
 public:
  virtual ~CheckpointWork() = default;
  // Does the next part and fills in the progress, in the last step the manifest too. False, and nothing done, after it.
  // Blocks on the disk.
  virtual absl::StatusOr<bool> Step(backup::v1::CreateCheckpointResponse* response) = 0;
};

// One file of a checkpoint, read from an offset. Not thread-safe.
class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;
  // Sets the next bytes; false at the end. Blocks on the disk.
  virtual absl::StatusOr<bool> Read(std::string* data) = 0;
};

// The checkpoints of one store. Thread-safe; must outlive what it gives.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;
  // Does nothing yet; what is refused is refused by the first step.
  virtual std::unique_ptr<CheckpointWork> Start() = 0;
  // NOT_FOUND for an unknown checkpoint or file, INVALID_ARGUMENT for an offset past the end.
  virtual absl::StatusOr<std::unique_ptr<CheckpointReader>> Open(const backup::v1::ReadFileRequest& request) = 0;
  // OK also where there is none.
  virtual absl::Status Delete(const std::string& checkpoint_id) = 0;
};

}  // namespace ordermesh
