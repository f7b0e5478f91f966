// Which sequence numbers are held: bitmaps of 1,024 numbers, the hot ones in memory. Dense numbering costs one small
// row for a group of orders; any other numbering is exact too, at a row for each order.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"

namespace ordermesh::order_store {

// A partner's number.
struct SequenceNumber {
  std::string_view partner_id;
  uint64_t number = 0;
};

// One block on disk: see schema.h, `numbers`.
using SequenceBlock = std::bitset<1'024>;
std::string EncodeSequenceBlock(const SequenceBlock& block);
absl::StatusOr<SequenceBlock> DecodeSequenceBlock(std::string_view bytes);

// Not thread-safe. Load, then Contains and Insert, then WriteTo for each group; a group whose write failed is undone by
// Forget.
class SequenceSet {
 public:
  // Keeps up to about 2 x `blocks` blocks between groups.
  SequenceSet(const kv::Kv& kv, size_t blocks) : kv_(kv), blocks_(blocks) {}

  // Makes the blocks of these numbers present, with one read for all that are missing.
  absl::Status Load(const std::vector<SequenceNumber>& numbers);
  // Only for numbers that were loaded for this group.
  bool Contains(const SequenceNumber& number);
  void Insert(const SequenceNumber& number);
  // Puts every changed block into the batch.
  void WriteTo(kv::WriteBatch& batch);
  // Drops everything in memory, changes included.
  void Forget();

 private:
  struct Block {
    SequenceBlock numbers;
    bool changed = false;
  };
  using Generation = absl::flat_hash_map<std::string, std::unique_ptr<Block>>;

  // Null where it is not in memory. What is found in the old generation moves to the new one.
  Block* Find(const SequenceNumber& number);

  const kv::Kv& kv_;
  const size_t blocks_;
  // Least recently used, cheaply: when `recent_` is full it becomes `old_`, and what was not used since is dropped.
  Generation recent_;
  Generation old_;
  std::vector<std::pair<std::string, Block*>> changed_;
  // The block of the number before: partners number their orders one after the other.
  std::string last_key_;
  Block* last_ = nullptr;
  std::string key_;
};

}  // namespace ordermesh::order_store
