#include "services/order_store/store/sequence_set.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

constexpr uint64_t kBlockNumbers = 1'024;
constexpr size_t kBitmapBytes = kBlockNumbers / 8;
constexpr size_t kMaxListed = kBitmapBytes / 2 - 1;

void MakeKey(const SequenceNumber& number, std::string& key) {
  key.assign(number.partner_id);
  key += '\0';
  kv::AppendU64(key, number.number / kBlockNumbers);
}

}  // namespace

std::string EncodeSequenceBlock(const SequenceBlock& block) {
  std::string bytes;
  if (block.count() <= kMaxListed) {
    for (size_t i = 0; i < kBlockNumbers; ++i) {
      if (!block[i]) continue;
      bytes += static_cast<char>(i >> 8);
      bytes += static_cast<char>(i);
    }
    return bytes;
  }
  bytes.assign(kBitmapBytes, '\0');
  for (size_t i = 0; i < kBlockNumbers; ++i) {
    if (block[i]) bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << (i % 8));
  }
  return bytes;
}

absl::StatusOr<SequenceBlock> DecodeSequenceBlock(std::string_view bytes) {
  SequenceBlock block;
  if (bytes.size() == kBitmapBytes) {
    for (size_t i = 0; i < kBlockNumbers; ++i) block[i] = (bytes[i / 8] >> (i % 8) & 1) != 0;
    return block;
  }
  if (bytes.size() % 2 != 0 || bytes.size() > kBitmapBytes) return Damaged("sequences");
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const size_t offset = static_cast<unsigned char>(bytes[i]) << 8 | static_cast<unsigned char>(bytes[i + 1]);
    if (offset >= kBlockNumbers) return Damaged("sequences");
    block[offset] = true;
  }
  return block;
}

absl::Status SequenceSet::Load(const std::vector<SequenceNumber>& numbers) {
  if (recent_.size() >= blocks_) {
    old_ = std::exchange(recent_, {});
    last_ = nullptr;
  }
  std::vector<std::string> missing;
  for (const SequenceNumber& number : numbers) {
    if (Find(number) != nullptr) continue;
    recent_.emplace(key_, std::make_unique<Block>());
    missing.push_back(key_);
  }
  if (missing.empty()) return absl::OkStatus();
  const auto found = kv_.MultiGet(kSequences, {missing.begin(), missing.end()});
  if (!found.ok()) {
    Forget();
    return found.status();
  }
  for (size_t i = 0; i < missing.size(); ++i) {
    if (!(*found)[i].has_value()) continue;
    auto block = DecodeSequenceBlock(*(*found)[i]);
    if (!block.ok()) {
      Forget();
      return block.status();
    }
    recent_[missing[i]]->numbers = *block;
  }
  return absl::OkStatus();
}

bool SequenceSet::Contains(const SequenceNumber& number) {
  const Block* block = Find(number);
  OM_CHECK(block != nullptr);
  return block->numbers[number.number % kBlockNumbers];
}

void SequenceSet::Insert(const SequenceNumber& number) {
  Block* block = Find(number);
  OM_CHECK(block != nullptr);
  block->numbers[number.number % kBlockNumbers] = true;
  if (std::exchange(block->changed, true)) return;
  changed_.emplace_back(key_, block);
}

void SequenceSet::WriteTo(kv::WriteBatch& batch) {
  for (const auto& [key, block] : changed_) {
    batch.Put(kSequences, key, EncodeSequenceBlock(block->numbers));
    block->changed = false;
  }
  changed_.clear();
}

void SequenceSet::Forget() {
  changed_.clear();
  recent_.clear();
  old_.clear();
  last_ = nullptr;
}

SequenceSet::Block* SequenceSet::Find(const SequenceNumber& number) {
  MakeKey(number, key_);
  if (last_ != nullptr && key_ == last_key_) return last_;
  auto found = recent_.find(key_);
  if (found == recent_.end()) {
    auto node = old_.extract(key_);
    if (node.empty()) return nullptr;
    found = recent_.insert(std::move(node)).position;
  }
  last_key_ = key_;
  return last_ = found->second.get();
}

}  // namespace ordermesh::order_store
