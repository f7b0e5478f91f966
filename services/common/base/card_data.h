// Refusing what holds payment card data, before it is kept.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "services/common/base/card_number.h"

namespace ordermesh {

// INVALID_ARGUMENT, reason CARD_NUMBER: `field` holds payment card data. Names the byte that it begins at and never
// what stands there.
absl::Status HoldsCardData(std::string_view field, const CardFinding& finding);

// Looks into a plain text, and into a JSON text of any validity.
absl::Status CheckTextForCardData(std::string_view field, std::string_view text);
absl::Status CheckJsonForCardData(std::string_view field, std::string_view json);

// Looks into every field of a canonical order; the field is named behind `prefix`. `Order` is the message or an
// OrderView (base/order_view.h).
template <typename Order>
absl::Status CheckOrderForCardData(const Order& order, std::string_view prefix);

}  // namespace ordermesh
