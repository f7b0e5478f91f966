// What an order changes besides its row: its identity, its number, the sums. The writer and the rebuild from the log
// both go through here, so that they cannot differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/counters.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/store/sequence_set.h"

namespace ordermesh::order_store {

// An order as its effects see it. Views; that of the identity must live until Finish.
struct EffectOf {
  Holder holder;
  // As AppendIdentity makes it.
  std::string_view identity;
  std::string_view partner_id;
  std::string_view currency;
  std::optional<uint64_t> sequence_number;
  uint64_t lines = 0;
  OrderSums sums;
  // False only for the planted bug that the crash checker must catch.
  bool keeps_identity = true;
};

// Not thread-safe. One group: LoadSequences, Add for each order, Finish; then the batch is written. A group whose write
// failed is undone by Forget.
class Effects {
 public:
  explicit Effects(const kv::Kv& kv);

  absl::Status LoadSequences(const std::vector<SequenceNumber>& numbers) { return sequences_.Load(numbers); }
  bool HoldsSequence(const SequenceNumber& number) { return sequences_.Contains(number); }
  // `hour` of processed_at is one for the group.
  absl::Status Add(const EffectOf& order, uint32_t hour);
  // Puts what the group changed into `batch`; `last_position` is covered then.
  void Finish(int64_t last_position, kv::WriteBatch& batch);
  void Forget();

 private:
  SequenceSet sequences_;
  Counters counters_;
  // The identities of the group, until they are put into the batch.
  std::vector<std::pair<std::string_view, Holder>> identities_;
  std::string value_;
};

// The hour of a time in ns, from 1970.
uint32_t HourOf(int64_t unix_ns);

}  // namespace ordermesh::order_store
