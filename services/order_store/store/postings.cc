#include "services/order_store/store/postings.h"

#include <algorithm>

#include "services/common/base/errors.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

// A chunk is closed when it has grown past this; one list may still be longer.
constexpr size_t kChunkBytes = 8 << 10;
constexpr size_t kPrefixBytes = 1 + 4;

void AppendVarint(uint32_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

bool ReadVarint(std::string_view& bytes, uint32_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    *value = static_cast<uint32_t>(result);
    return result <= UINT32_MAX;
  }
  return false;
}

uint32_t TermIn(uint64_t entry) { return static_cast<uint32_t>(entry >> 16); }
uint32_t OffsetIn(uint64_t entry) { return static_cast<uint32_t>(entry & 0xffff); }

// Appends `runs run*` of the entries from `at` that share its term; gives the first entry after them.
size_t AppendRuns(const std::vector<uint64_t>& entries, size_t at, std::string& runs, std::string& out) {
  const uint32_t term = TermIn(entries[at]);
  runs.clear();
  uint32_t count = 0;
  uint32_t end = 0;
  while (at < entries.size() && TermIn(entries[at]) == term) {
    const uint32_t begin = OffsetIn(entries[at]);
    uint32_t length = 1;
    for (++at; at < entries.size() && entries[at] == entries[at - 1] + 1 && TermIn(entries[at]) == term; ++at) ++length;
    AppendVarint(begin - end, runs);
    AppendVarint(length - 1, runs);
    end = begin + length;
    ++count;
  }
  AppendVarint(count, out);
  out += runs;
  return at;
}

}  // namespace

void BlockSet::AddRange(uint32_t begin, uint32_t end) {
  for (uint32_t at = begin; at < end;) {
    if (at % 64 == 0 && end - at >= 64) {
      words_[at / 64] = ~uint64_t{0};
      at += 64;
    } else {
      Add(static_cast<uint16_t>(at++));
    }
  }
}

void BlockSet::IntersectWith(const BlockSet& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

int32_t BlockSet::HighestBelow(uint32_t limit) const {
  if (limit == 0) return -1;
  uint32_t word = (limit - 1) / 64;
  uint64_t bits = words_[word];
  if (limit % 64 != 0) bits &= (uint64_t{1} << (limit % 64)) - 1;
  while (bits == 0) {
    if (word == 0) return -1;
    bits = words_[--word];
  }
  return static_cast<int32_t>(word * 64 + 63 - static_cast<uint32_t>(__builtin_clzll(bits)));
}

void BlockTerms::Add(uint16_t offset, const OrderTerms& terms, const std::vector<uint32_t>& product_terms) {
  const auto add = [this, offset](TermKind kind, uint32_t term) {
    Entries(kind).push_back(static_cast<uint64_t>(term) << 16 | offset);
  };
  add(TermKind::kPartner, terms.partner);
  add(TermKind::kCustomer, terms.customer);
  add(TermKind::kHour, terms.hour);
  for (uint32_t i = terms.products_begin; i < terms.products_end; ++i) add(TermKind::kProduct, product_terms[i]);
}

void BlockTerms::Find(TermKind kind, uint32_t first, uint32_t last, BlockSet* found) const {
  for (const uint64_t entry : Entries(kind)) {
    if (TermIn(entry) >= first && TermIn(entry) <= last) found->Add(static_cast<uint16_t>(OffsetIn(entry)));
  }
}

void BlockTerms::Encode(uint32_t block, const std::function<void(std::string_view, std::string_view)>& put) {
  std::string chunk;
  std::string runs;
  for (const TermKind kind : kTermKinds) {
    std::vector<uint64_t>& entries = Entries(kind);
    std::sort(entries.begin(), entries.end());
    for (size_t at = 0; at < entries.size();) {
      const uint32_t first_term = TermIn(entries[at]);
      uint32_t previous = first_term;
      chunk.clear();
      while (at < entries.size() && chunk.size() < kChunkBytes) {
        const uint32_t term = TermIn(entries[at]);
        AppendVarint(term - previous, chunk);
        previous = term;
        at = AppendRuns(entries, at, runs, chunk);
      }
      put(PostingsKey(kind, block, first_term), chunk);
    }
  }
}

void BlockTerms::Clear() {
  for (auto& entries : entries_) entries.clear();
}

absl::Status DecodeChunk(std::string_view chunk, uint32_t first_term,
                         const std::function<void(uint32_t, uint32_t, uint32_t)>& run) {
  uint32_t term = first_term;
  while (!chunk.empty()) {
    uint32_t delta = 0, runs = 0;
    if (!ReadVarint(chunk, &delta) || !ReadVarint(chunk, &runs)) return Damaged("postings");
    term += delta;
    uint64_t end = 0;
    for (uint32_t i = 0; i < runs; ++i) {
      uint32_t gap = 0, length = 0;
      if (!ReadVarint(chunk, &gap) || !ReadVarint(chunk, &length)) return Damaged("postings");
      const uint64_t begin = end + gap;
      end = begin + length + 1;
      if (end > static_cast<uint64_t>(kBlockPositions)) return Damaged("postings");
      run(term, static_cast<uint32_t>(begin), static_cast<uint32_t>(end));
    }
  }
  return absl::OkStatus();
}

absl::Status FindPostings(const kv::Kv& kv, TermKind kind, uint32_t block, uint32_t first, uint32_t last,
                          BlockSet* found) {
  const std::string seek = PostingsKey(kind, block, first);
  const std::string_view prefix = std::string_view(seek).substr(0, kPrefixBytes);
  const auto at = kv.NewIterator(kPostings);
  // The chunk before may hold `first` too.
  at->SeekForPrev(seek);
  if (!at->Valid() || at->key().substr(0, kPrefixBytes) != prefix) at->Seek(seek);
  for (; at->Valid() && at->key().substr(0, kPrefixBytes) == prefix; at->Next()) {
    const auto first_term = kv::DecodeU32(at->key().substr(kPrefixBytes));
    if (!first_term.has_value()) return Damaged("postings");
    if (*first_term > last) break;
    OM_RETURN_IF_ERROR(DecodeChunk(at->value(), *first_term, [&](uint32_t term, uint32_t begin, uint32_t end) {
      if (term >= first && term <= last) found->AddRange(begin, end);
    }));
  }
  return at->status();
}

std::string PostingsKey(TermKind kind, uint32_t block, uint32_t first_term) {
  std::string key(1, static_cast<char>(kind));
  kv::AppendU32(key, block);
  kv::AppendU32(key, first_term);
  return key;
}

}  // namespace ordermesh::order_store
