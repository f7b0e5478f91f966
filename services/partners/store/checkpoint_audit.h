// Reads a checkpoint of the partners through once.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/kv/checkpoints.h"

namespace ordermesh::partners {

// Opens the database in `directory` without changing it. Every record must be decodable; the state hash is over all of
// them but the times of last use, which are not part of a partner's state.
absl::StatusOr<std::unique_ptr<kv::CheckpointAudit>> AuditCheckpoint(const std::string& directory);

}  // namespace ordermesh::partners
