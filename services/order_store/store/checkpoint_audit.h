// Audits a checkpoint of the order-store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/kv/checkpoints.h"

namespace ordermesh::order_store {

// Opens the database in `directory` without changing it. What disagrees stands in the report.
absl::StatusOr<std::unique_ptr<kv::CheckpointAudit>> AuditCheckpoint(const std::string& directory, uint32_t shard);

}  // namespace ordermesh::order_store
