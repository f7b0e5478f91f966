#include "services/order_store/store/terms.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/order_view.h"

namespace ordermesh::order_store {
namespace {

constexpr int64_t kSecondsPerHour = 3'600;
constexpr int64_t kHourBias = int64_t{1} << 31;

}  // namespace

uint32_t TermOf(std::string_view id) { return static_cast<uint32_t>(XXH3_64bits(id.data(), id.size())); }

uint32_t HourTerm(int64_t unix_seconds) {
  int64_t hour = unix_seconds / kSecondsPerHour;
  if (unix_seconds % kSecondsPerHour < 0) --hour;
  // Years 0001 to 9999 fit; anything else ends at the nearest of them.
  return static_cast<uint32_t>(std::clamp(hour, -kHourBias, kHourBias - 1) + kHourBias);
}

template <typename Order>
OrderTerms TermsOf(const Order& order, std::vector<uint32_t>& product_terms) {
  OrderTerms terms;
  terms.partner = TermOf(order.partner_id());
  terms.customer = TermOf(order.customer_id());
  terms.hour = HourTerm(order.transaction_time().seconds());
  terms.products_begin = static_cast<uint32_t>(product_terms.size());
  for (const auto& line : order.lines()) product_terms.push_back(TermOf(line.product_id()));
  const auto begin = product_terms.begin() + terms.products_begin;
  if (product_terms.end() - begin > 1) {
    std::sort(begin, product_terms.end());
    product_terms.erase(std::unique(begin, product_terms.end()), product_terms.end());
  }
  terms.products_end = static_cast<uint32_t>(product_terms.size());
  return terms;
}

template OrderTerms TermsOf(const order::v1::Order&, std::vector<uint32_t>&);
template OrderTerms TermsOf(const OrderView&, std::vector<uint32_t>&);

}  // namespace ordermesh::order_store
