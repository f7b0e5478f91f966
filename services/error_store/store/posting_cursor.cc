#include "services/error_store/store/posting_cursor.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

PostingCursor::PostingCursor(const kv::Kv& kv, kv::Family family, std::string prefix, const kv::Snapshot* snapshot)
    : prefix_(std::move(prefix)), iterator_(kv.NewIterator(family, snapshot)) {}

absl::StatusOr<int64_t> PostingCursor::AtOrBelow(int64_t position) {
  if (at_ >= 0 && at_ <= position) return at_;
  // The next lower one is the usual answer, and stepping costs less than seeking.
  if (at_ > 0) {
    iterator_->Prev();
    OM_ASSIGN_OR_RETURN(at_, Current());
    if (at_ <= position) return at_;
  }
  iterator_->SeekForPrev(prefix_ + PositionKey(position));
  OM_ASSIGN_OR_RETURN(at_, Current());
  return at_;
}

absl::StatusOr<int64_t> PostingCursor::Current() const {
  if (!iterator_->Valid()) {
    OM_RETURN_IF_ERROR(iterator_->status());
    return 0;
  }
  std::string_view key = iterator_->key();
  if (key.substr(0, prefix_.size()) != prefix_) return 0;
  key.remove_prefix(prefix_.size());
  return PositionOf(key);
}

absl::StatusOr<std::optional<int64_t>> Intersection::AtOrBelow(int64_t& position, Budget& budget) {
  // A position is common once every cursor has agreed to it in a row.
  for (size_t agreed = 0, next = 0; agreed < cursors_.size(); next = (next + 1) % cursors_.size()) {
    if (!budget.Spend()) return std::nullopt;
    OM_ASSIGN_OR_RETURN(const int64_t found, cursors_[next].AtOrBelow(position));
    if (found == 0) return 0;
    agreed = found == position ? agreed + 1 : 1;
    position = found;
  }
  return position;
}

}  // namespace ordermesh::error_store
