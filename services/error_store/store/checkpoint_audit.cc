#include "services/error_store/store/checkpoint_audit.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/kv/rocks_kv.h"
#include "services/error_store/store/auditor.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

// A walk over all rows gains nothing from memory.
constexpr size_t kBlockCacheBytes = 8 << 20;
constexpr size_t kWriteBufferBytes = 8 << 20;
constexpr int kRowsAStep = 4'096;

class OpenedAudit final : public kv::CheckpointAudit {
 public:
  OpenedAudit(std::unique_ptr<kv::Kv> kv, uint32_t shard)
      : kv_(std::move(kv)), auditor_(*kv_, shard, /*rebuild=*/false) {}

  absl::StatusOr<bool> Step(common::v1::AuditResponse* response) override {
    if (reported_) return false;
    OM_ASSIGN_OR_RETURN(reported_, auditor_.Step(kRowsAStep));
    response->set_rows_read(auditor_.report().rows());
    response->set_rows_total(auditor_.rows_total());
    if (reported_) *response->mutable_report() = auditor_.report();
    return true;
  }

 private:
  const std::unique_ptr<kv::Kv> kv_;
  Auditor auditor_;
  bool reported_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<kv::CheckpointAudit>> AuditCheckpoint(const std::string& directory, uint32_t shard) {
  kv::RocksOptions rocks;
  rocks.directory = directory;
  rocks.block_cache_bytes = kBlockCacheBytes;
  rocks.write_buffer_bytes = kWriteBufferBytes;
  OM_ASSIGN_OR_RETURN(auto kv, kv::OpenRocksKvReadOnly(rocks, Families()));
  return std::make_unique<OpenedAudit>(std::move(kv), shard);
}

}  // namespace ordermesh::error_store
