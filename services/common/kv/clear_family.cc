#include <memory>

#include "services/common/base/errors.h"
#include "services/common/kv/kv.h"

namespace ordermesh::kv {
namespace {

constexpr int kKeysAWrite = 4'096;

}  // namespace

absl::Status ClearFamily(Kv& kv, Family family) {
  const auto batch = kv.NewBatch();
  int keys = 0;
  const auto at = kv.NewIterator(family);
  for (at->Seek(""); at->Valid(); at->Next()) {
    batch->Delete(family, at->key());
    if (++keys % kKeysAWrite != 0) continue;
    OM_RETURN_IF_ERROR(kv.Write(*batch, Durability::kBuffered));
    batch->Clear();
  }
  OM_RETURN_IF_ERROR(at->status());
  return kv.Write(*batch, Durability::kSynced);
}

}  // namespace ordermesh::kv
