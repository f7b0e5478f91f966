#include "services/error_store/store/counters.h"

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {

void Counters::Count(const ErrorMessage& error, int64_t delta) {
  for (std::string& key : CountersOf(error)) staged_[std::move(key)].delta += delta;
}

absl::Status Counters::AppendTo(kv::WriteBatch& batch) {
  for (auto& [key, staged] : staged_) {
    OM_ASSIGN_OR_RETURN(const int64_t before, Known(key));
    staged.count = before + staged.delta;
    if (staged.count < 0) return BadRecord("counter below zero");
    if (staged.count == 0) {
      batch.Delete(kCounters, key);
    } else {
      batch.Put(kCounters, key, kv::EncodeU64(static_cast<uint64_t>(staged.count)));
    }
  }
  return absl::OkStatus();
}

void Counters::Applied() {
  if (known_.size() + staged_.size() > kMaxKnownCounters) known_.clear();
  for (const auto& [key, staged] : staged_) known_[key] = staged.count;
  staged_.clear();
}

absl::StatusOr<int64_t> Counters::Known(const std::string& key) {
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  OM_ASSIGN_OR_RETURN(const auto stored, kv_.Get(kCounters, key));
  if (!stored.has_value()) return 0;
  return DecodeCount(*stored);
}

}  // namespace ordermesh::error_store
