#include "services/order_store/store/checkpoint_audit.h"

#include <optional>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/kv/rocks_kv.h"
#include "services/order_store/store/audit.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

// A walk over all rows gains nothing from memory.
constexpr size_t kBlockCacheBytes = 8 << 20;
constexpr size_t kWriteBufferBytes = 8 << 20;

class OpenedAudit final : public kv::CheckpointAudit {
 public:
  OpenedAudit(std::unique_ptr<kv::Kv> kv, std::unique_ptr<Log> log, uint32_t shard, uint32_t format)
      : kv_(std::move(kv)), log_(std::move(log)), format_(format), audit_(*kv_, *log_, shard, /*rebuild=*/false) {}

  absl::StatusOr<bool> Step(common::v1::AuditResponse* response) override { return audit_.Step(response); }
  int record_version() const override { return static_cast<int>(format_); }

 private:
  const std::unique_ptr<kv::Kv> kv_;
  const std::unique_ptr<Log> log_;
  const uint32_t format_;
  Audit audit_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<kv::CheckpointAudit>> AuditCheckpoint(const std::string& directory, uint32_t shard) {
  kv::RocksOptions rocks;
  rocks.directory = directory;
  rocks.block_cache_bytes = kBlockCacheBytes;
  rocks.write_buffer_bytes = kWriteBufferBytes;
  OM_ASSIGN_OR_RETURN(auto kv, kv::OpenRocksKvReadOnly(rocks, Families(rocks.write_buffer_bytes)));
  OM_ASSIGN_OR_RETURN(auto log, OpenKvLog(*kv));
  OM_ASSIGN_OR_RETURN(const auto stored, kv->Get(kMeta, kMetaFormat));
  const std::optional<uint32_t> format = stored.has_value() ? kv::DecodeU32(*stored) : std::nullopt;
  if (!format.has_value()) return Damaged("meta");
  return std::make_unique<OpenedAudit>(std::move(kv), std::move(log), shard, *format);
}

}  // namespace ordermesh::order_store
