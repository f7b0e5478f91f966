#include "services/error_store/store/upgrade.h"

#include <memory>
#include <string>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/store/counters.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

constexpr int kRowsAWrite = 1'024;

absl::StatusOr<uint32_t> DerivedVersion(const kv::Kv& kv) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kDerivedKey));
  if (!stored.has_value()) return 1;
  const auto version = kv::DecodeU32(*stored);
  if (!version.has_value()) return BadRecord("derived");
  return *version;
}

absl::Status Derive(kv::Kv& kv) {
  Counters counters(kv);
  const auto batch = kv.NewBatch();
  const auto write = [&]() -> absl::Status {
    OM_RETURN_IF_ERROR(counters.AppendTo(*batch));
    OM_RETURN_IF_ERROR(kv.Write(*batch, kv::Durability::kBuffered));
    counters.Applied();
    batch->Clear();
    return absl::OkStatus();
  };
  int rows_in_batch = 0;
  const auto rows = kv.NewIterator(kRows);
  for (rows->Seek(""); rows->Valid(); rows->Next()) {
    OM_ASSIGN_OR_RETURN(const Row row, DecodeRow(rows->value()));
    for (std::string& posting : PostingsOf(row.error)) {
      posting += rows->key();
      batch->Put(kPostings, posting, "");
    }
    counters.Count(row.error, 1);
    if (++rows_in_batch % kRowsAWrite == 0) OM_RETURN_IF_ERROR(write());
  }
  OM_RETURN_IF_ERROR(rows->status());
  return write();
}

}  // namespace

absl::Status UpgradeDerived(kv::Kv& kv) {
  OM_ASSIGN_OR_RETURN(const uint32_t version, DerivedVersion(kv));
  if (version == kDerivedVersion) return absl::OkStatus();
  for (const kv::Family family : {kPostings, kCounters}) OM_RETURN_IF_ERROR(kv::ClearFamily(kv, family));
  OM_RETURN_IF_ERROR(Derive(kv));
  const auto batch = kv.NewBatch();
  std::string value;
  kv::AppendU32(value, kDerivedVersion);
  batch->Put(kMeta, kDerivedKey, value);
  return kv.Write(*batch, kv::Durability::kSynced);
}

}  // namespace ordermesh::error_store
