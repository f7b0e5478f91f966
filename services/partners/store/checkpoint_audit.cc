#include "services/partners/store/checkpoint_audit.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/stream_sha256.h"
#include "services/common/kv/rocks_kv.h"
#include "services/partners/store/schema.h"

namespace ordermesh::partners {
namespace {

constexpr size_t kBlockCacheBytes = 8 << 20;
constexpr size_t kWriteBufferBytes = 8 << 20;
constexpr int kMaxProblems = 100;

// What can be said of one record by itself.
absl::Status CheckRecord(kv::Family family, std::string_view value) {
  switch (family) {
    case kPartners:
      return DecodePartner(value).status();
    case kConfigs:
      return DecodeConfig(value).status();
    case kConfigFiles: {
      v1::ConfigVersion config;
      return DecodeConfigFiles(value, config);
    }
    case kKeys:
      return DecodeKey(value).status();
    default:
      return DecodeChange(value).status();
  }
}

// One family a step: partners are few.
class OpenedAudit final : public kv::CheckpointAudit {
 public:
  explicit OpenedAudit(std::unique_ptr<kv::Kv> kv) : kv_(std::move(kv)) { report_.set_store("partners"); }

  absl::StatusOr<bool> Step(common::v1::AuditResponse* response) override {
    static constexpr kv::Family kHashed[] = {kPartners, kConfigs, kConfigFiles, kKeys, kMeta};
    if (next_ > std::size(kHashed)) return false;
    if (next_ < std::size(kHashed)) {
      OM_RETURN_IF_ERROR(ReadFamily(kHashed[next_]));
    } else {
      OM_RETURN_IF_ERROR(Report());
      *response->mutable_report() = report_;
    }
    ++next_;
    response->set_rows_read(report_.rows());
    response->set_rows_total(report_.rows());
    return true;
  }

 private:
  absl::Status ReadFamily(kv::Family family) {
    const auto at = kv_->NewIterator(family);
    hash_.Update(kv::EncodeU64(family));
    for (at->Seek(""); at->Valid(); at->Next()) {
      for (const std::string_view bytes : {at->key(), at->value()}) {
        hash_.Update(kv::EncodeU64(bytes.size()));
        hash_.Update(bytes);
      }
      report_.set_rows(report_.rows() + 1);
      if (CheckRecord(family, at->value()).ok() || report_.problems_size() >= kMaxProblems) continue;
      report_.add_problems(absl::StrCat("record ", report_.rows(), " cannot be decoded"));
    }
    return at->status();
  }

  absl::Status Report() {
    OM_ASSIGN_OR_RETURN(const auto stored, kv_->Get(kMeta, kChangeKey));
    if (stored.has_value()) {
      OM_ASSIGN_OR_RETURN(const int64_t change, DecodeChange(*stored));
      report_.set_last_position(change);
    }
    report_.set_ok(report_.problems().empty());
    report_.set_state_hash(hash_.FinishHex());
    return absl::OkStatus();
  }

  const std::unique_ptr<kv::Kv> kv_;
  common::v1::AuditReport report_;
  StreamSha256 hash_;
  // The family that comes next; past the last one the report.
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<kv::CheckpointAudit>> AuditCheckpoint(const std::string& directory) {
  kv::RocksOptions rocks;
  rocks.directory = directory;
  rocks.block_cache_bytes = kBlockCacheBytes;
  rocks.write_buffer_bytes = kWriteBufferBytes;
  OM_ASSIGN_OR_RETURN(auto kv, kv::OpenRocksKvReadOnly(rocks, Families()));
  return std::make_unique<OpenedAudit>(std::move(kv));
}

}  // namespace ordermesh::partners
