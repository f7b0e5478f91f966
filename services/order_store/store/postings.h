// The index of a block of 65,536 positions: for each term the positions that have it, sorted, packed into chunks.
//
//   key    = kind:u8 block:u32 first_term:u32
//   chunk  = (term_delta:varint runs:varint run*)*     delta from the term before, from first_term for the first (0)
//   run    = gap:varint length:varint                  gap from the end of the run before, length - 1
//
// Blocks are written once, in their order, so a compaction only ever moves whole files of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/terms.h"

namespace ordermesh::order_store {

inline constexpr int64_t kBlockPositions = 65'536;
inline constexpr uint32_t BlockOf(int64_t position) { return static_cast<uint32_t>(position / kBlockPositions); }
inline constexpr uint16_t OffsetOf(int64_t position) { return static_cast<uint16_t>(position % kBlockPositions); }

// A set of positions of one block.
class BlockSet {
 public:
  void Add(uint16_t offset) { words_[offset / 64] |= uint64_t{1} << (offset % 64); }
  // Adds [begin, end).
  void AddRange(uint32_t begin, uint32_t end);
  void IntersectWith(const BlockSet& other);
  // The highest member below `limit` (up to 65,536); -1 where there is none.
  int32_t HighestBelow(uint32_t limit) const;

 private:
  std::array<uint64_t, kBlockPositions / 64> words_ = {};
};

// The terms of one block while it fills, in the order of positions; also the index of the block that is not sealed yet.
class BlockTerms {
 public:
  void Add(uint16_t offset, const OrderTerms& terms, const std::vector<uint32_t>& product_terms);
  // Adds the positions that have a term of `kind` within [first, last].
  void Find(TermKind kind, uint32_t first, uint32_t last, BlockSet* found) const;
  // Calls `put` for each chunk, in the order of the keys. Sorts: Add no more.
  void Encode(uint32_t block, const std::function<void(std::string_view key, std::string_view value)>& put);
  void Clear();

 private:
  std::vector<uint64_t>& Entries(TermKind kind) { return entries_[static_cast<size_t>(kind) - 1]; }
  const std::vector<uint64_t>& Entries(TermKind kind) const { return entries_[static_cast<size_t>(kind) - 1]; }

  // term << 16 | offset, by kind.
  std::array<std::vector<uint64_t>, 4> entries_;
};

// Adds the positions of a sealed block that have a term of `kind` within [first, last].
absl::Status FindPostings(const kv::Kv& kv, TermKind kind, uint32_t block, uint32_t first, uint32_t last,
                          BlockSet* found);

// One posting list of a chunk. DATA_LOSS where the bytes are no chunk.
absl::Status DecodeChunk(std::string_view chunk, uint32_t first_term,
                         const std::function<void(uint32_t term, uint32_t begin, uint32_t end)>& run);

std::string PostingsKey(TermKind kind, uint32_t block, uint32_t first_term);

}  // namespace ordermesh::order_store
