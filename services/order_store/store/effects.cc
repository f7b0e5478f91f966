#include "services/order_store/store/effects.h"

#include "services/common/base/errors.h"

namespace ordermesh::order_store {
namespace {

// 1,024 numbers each: 8 M numbers, about 3 MB, are answered from memory.
constexpr size_t kHotSequenceBlocks = 8'192;
constexpr int64_t kNanosPerHour = 3'600'000'000'000;

}  // namespace

Effects::Effects(const kv::Kv& kv) : sequences_(kv, kHotSequenceBlocks), counters_(kv) {}

absl::Status Effects::Add(const EffectOf& order, uint32_t hour) {
  if (order.keeps_identity) identities_.emplace_back(order.identity, order.holder);
  if (order.sequence_number.has_value()) sequences_.Insert({order.partner_id, *order.sequence_number});
  return counters_.Add(order.partner_id, order.currency, hour, order.lines, order.sums);
}

void Effects::Finish(int64_t last_position, kv::WriteBatch& batch) {
  for (const auto& [identity, holder] : identities_) {
    value_.clear();
    AppendHolder(holder, value_);
    batch.Put(kExternalIds, identity, value_);
  }
  identities_.clear();
  sequences_.WriteTo(batch);
  counters_.WriteTo(batch);
  batch.Put(kMeta, kMetaApplied, kv::EncodeU64(static_cast<uint64_t>(last_position)));
}

void Effects::Forget() {
  identities_.clear();
  sequences_.Forget();
  counters_.Forget();
}

uint32_t HourOf(int64_t unix_ns) { return static_cast<uint32_t>(unix_ns / kNanosPerHour); }

}  // namespace ordermesh::order_store
