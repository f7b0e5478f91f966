#include "services/partners/store/key_uses.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/partners/store/schema.h"

namespace ordermesh::partners {

absl::Status KeyUses::Load(const kv::Kv& kv) {
  absl::MutexLock lock(&mutex_);
  const auto it = kv.NewIterator(kKeyUses);
  for (it->Seek(""); it->Valid(); it->Next()) {
    OM_ASSIGN_OR_RETURN(uses_[std::string(it->key())], DecodeUse(it->value()));
  }
  return it->status();
}

void KeyUses::Note(std::string_view partner_id, std::string_view key_id, absl::Time used) {
  std::string key = KeyKey(partner_id, key_id);
  absl::MutexLock lock(&mutex_);
  const auto [it, added] = uses_.try_emplace(key, used);
  if (!added && used <= it->second) return;
  it->second = used;
  unwritten_.insert(std::move(key));
}

void KeyUses::Forget(std::string_view partner_id, std::string_view key_id) {
  const std::string key = KeyKey(partner_id, key_id);
  absl::MutexLock lock(&mutex_);
  uses_.erase(key);
  unwritten_.erase(key);
}

std::optional<absl::Time> KeyUses::LastUsed(std::string_view partner_id, std::string_view key_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = uses_.find(KeyKey(partner_id, key_id));
  if (found == uses_.end()) return std::nullopt;
  return found->second;
}

absl::Status KeyUses::Flush(kv::Kv& kv) {
  absl::flat_hash_set<std::string> writing;
  const auto batch = kv.NewBatch();
  {
    absl::MutexLock lock(&mutex_);
    if (unwritten_.empty()) return absl::OkStatus();
    writing.swap(unwritten_);
    for (const std::string& key : writing) batch->Put(kKeyUses, key, EncodeUse(uses_.at(key)));
  }
  const absl::Status written = kv.Write(*batch, kv::Durability::kBuffered);
  if (!written.ok()) {
    absl::MutexLock lock(&mutex_);
    for (const std::string& key : writing) {
      if (uses_.contains(key)) unwritten_.insert(key);
    }
  }
  return written;
}

}  // namespace ordermesh::partners
