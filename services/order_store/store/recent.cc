#include "services/order_store/store/recent.h"

#include <algorithm>

namespace ordermesh::order_store {

RecentRows::RecentRows(int64_t first, std::vector<std::shared_ptr<const PreparedGroup>> groups,
                       std::vector<std::pair<uint32_t, uint32_t>> places)
    : first_(first), groups_(std::move(groups)), places_(std::move(places)) {
  for (const auto& group : groups_) bytes_ += group->bytes.capacity() + group->items.capacity() * sizeof(PreparedItem);
}

std::string_view RecentRows::RowAt(int64_t position) const {
  const PreparedGroup& group = GroupAt(position);
  return group.View(group.items[PlaceAt(position).second].row);
}

const OrderTerms& RecentRows::TermsAt(int64_t position) const {
  return GroupAt(position).items[PlaceAt(position).second].terms;
}

void Recent::Push(std::shared_ptr<const RecentRows> rows) {
  absl::MutexLock lock(&mutex_);
  bytes_ += rows->bytes();
  ring_.push_back(std::move(rows));
  while (ring_.size() > 1 && bytes_ > max_bytes_) {
    bytes_ -= ring_.front()->bytes();
    ring_.pop_front();
  }
}

std::shared_ptr<const RecentRows> Recent::Find(int64_t position) const {
  absl::MutexLock lock(&mutex_);
  const auto found = std::lower_bound(ring_.begin(), ring_.end(), position,
                                      [](const auto& rows, int64_t wanted) { return rows->last() < wanted; });
  if (found == ring_.end() || (*found)->first() > position) return nullptr;
  return *found;
}

}  // namespace ordermesh::order_store
