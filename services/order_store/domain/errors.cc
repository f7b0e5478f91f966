#include "services/order_store/domain/errors.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::order_store {

absl::Status OrderNotFound() {
  return Refusal(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

absl::Status PositionPastEnd(int64_t after_position, int64_t end) {
  return Refusal(absl::StatusCode::kOutOfRange, "POSITION_PAST_END",
                 absl::StrCat("after_position ", after_position, " is past the last position, ", end),
                 {{"end", absl::StrCat(end)}});
}

}  // namespace ordermesh::order_store
