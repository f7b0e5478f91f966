#include "services/order_store/store/recent_identities.h"

#include <cstring>
#include <utility>

namespace ordermesh::order_store {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
static_assert(kMaxKeyBytes <= kChunkBytes);

}  // namespace

size_t RecentIdentities::Hash::operator()(std::string_view identity) const {
  size_t hash = 0;
  std::memcpy(&hash, identity.data(), sizeof(hash));
  return hash;
}

std::string_view RecentIdentities::Generation::Keep(std::string_view identity) {
  if (chunks.empty() || used + identity.size() > kChunkBytes) {
    if (!chunks.empty()) ++chunk;
    if (chunk == chunks.size()) chunks.push_back(std::make_unique<char[]>(kChunkBytes));
    used = 0;
  }
  char* const copy = chunks[chunk].get() + used;
  std::memcpy(copy, identity.data(), identity.size());
  used += identity.size();
  return {copy, identity.size()};
}

void RecentIdentities::Generation::Clear() {
  holders.clear();
  chunk = 0;
  used = 0;
}

RecentIdentities::RecentIdentities() {
  for (Generation& generation : generations_) generation.holders.reserve(kRecentIdentities);
}

void RecentIdentities::Begin() {
  added_.clear();
  if (young_->holders.size() < kRecentIdentities) return;
  std::swap(young_, old_);
  young_->Clear();
}

void RecentIdentities::Prefetch(std::string_view identity) const {
  young_->holders.prefetch(identity);
  old_->holders.prefetch(identity);
}

const Holder* RecentIdentities::Find(std::string_view identity) const {
  if (const Holder* holder = FindInWrite(identity); holder != nullptr) return holder;
  const auto found = old_->holders.find(identity);
  return found == old_->holders.end() ? nullptr : &found->second;
}

const Holder* RecentIdentities::FindInWrite(std::string_view identity) const {
  const auto found = young_->holders.find(identity);
  return found == young_->holders.end() ? nullptr : &found->second;
}

void RecentIdentities::Add(std::string_view identity, const Holder& holder) {
  const std::string_view kept = young_->Keep(identity);
  young_->holders.emplace(kept, holder);
  added_.push_back(kept);
}

void RecentIdentities::Undo() {
  for (const std::string_view identity : added_) young_->holders.erase(identity);
  added_.clear();
}

}  // namespace ordermesh::order_store
