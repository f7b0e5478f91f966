// What orders can be found by. A term is 32 bits: a hash, or the hour of the event. Two ids may share a hash, so what
// an index finds is always compared with the row.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ordermesh::order_store {

// Stored in keys: never changes.
enum class TermKind : uint8_t { kPartner = 1, kProduct = 2, kCustomer = 3, kHour = 4 };
inline constexpr TermKind kTermKinds[] = {TermKind::kPartner, TermKind::kProduct, TermKind::kCustomer, TermKind::kHour};

// The term of an id.
uint32_t TermOf(std::string_view id);
// The term of a time: its hour. Ascending with time.
uint32_t HourTerm(int64_t unix_seconds);

// The terms of one order. Its product terms are a piece of a list that is shared by many.
struct OrderTerms {
  uint32_t partner = 0;
  uint32_t customer = 0;
  uint32_t hour = 0;
  uint32_t products_begin = 0;
  uint32_t products_end = 0;
};

// Appends the product terms, each once, to `product_terms`.
// `Order` is the message or an OrderView.
template <typename Order>
OrderTerms TermsOf(const Order& order, std::vector<uint32_t>& product_terms);

}  // namespace ordermesh::order_store
