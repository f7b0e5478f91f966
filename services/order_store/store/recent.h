// The rows of the last groups, as the writer made them: what watchers and the indexer read while they keep up.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/order_store/store/prepared.h"

namespace ordermesh::order_store {

// The rows of one synced write. Never changes once it is shared.
class RecentRows {
 public:
  RecentRows(int64_t first, std::vector<std::shared_ptr<const PreparedGroup>> groups,
             std::vector<std::pair<uint32_t, uint32_t>> places);

  int64_t first() const { return first_; }
  int64_t last() const { return first_ + static_cast<int64_t>(places_.size()) - 1; }
  size_t bytes() const { return bytes_; }
  std::string_view RowAt(int64_t position) const;
  const OrderTerms& TermsAt(int64_t position) const;
  const std::vector<uint32_t>& ProductTermsAt(int64_t position) const { return GroupAt(position).product_terms; }

 private:
  const PreparedGroup& GroupAt(int64_t position) const { return *groups_[PlaceAt(position).first]; }
  const std::pair<uint32_t, uint32_t>& PlaceAt(int64_t position) const {
    return places_[static_cast<size_t>(position - first_)];
  }

  const int64_t first_;
  const std::vector<std::shared_ptr<const PreparedGroup>> groups_;
  // Group and item of each row.
  const std::vector<std::pair<uint32_t, uint32_t>> places_;
  size_t bytes_ = 0;
};

// A bounded ring: the oldest groups make room. Thread-safe.
class Recent {
 public:
  explicit Recent(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Push(std::shared_ptr<const RecentRows> rows) ABSL_LOCKS_EXCLUDED(mutex_);
  // Those that hold `position`; null where it is older, or not there yet.
  std::shared_ptr<const RecentRows> Find(int64_t position) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const size_t max_bytes_;
  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<const RecentRows>> ring_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ordermesh::order_store
