#include "services/order_store/domain/check_order.h"

#include <algorithm>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/order_view.h"

namespace ordermesh::order_store {
namespace {

constexpr size_t kCurrencyBytes = 3;
constexpr int32_t kNanosPerUnit = 1'000'000'000;

bool IsPartnerCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool FitsId(std::string_view id) { return !id.empty() && id.size() <= kMaxIdBytes; }

template <typename Money>
absl::Status ReadNanos(std::string_view field, const Money& money, __int128* nanos) {
  const int32_t part = money.nanos();
  if (part <= -kNanosPerUnit || part >= kNanosPerUnit || (money.units() > 0 && part < 0) ||
      (money.units() < 0 && part > 0)) {
    return InvalidField(field, "nanos must lie within +-999,999,999 and have the sign of units");
  }
  *nanos = static_cast<__int128>(money.units()) * kNanosPerUnit + part;
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIdentity(std::string_view partner_id, std::string_view external_order_id) {
  if (partner_id.empty() || partner_id.size() > kMaxPartnerIdBytes ||
      !std::all_of(partner_id.begin(), partner_id.end(), IsPartnerCharacter)) {
    return InvalidField("partner_id", "must be 1 to 64 lower-case letters, digits and dashes");
  }
  if (!FitsId(external_order_id)) return InvalidField("external_order_id", "must be 1 to 128 bytes");
  return absl::OkStatus();
}

template <typename Order>
absl::Status CheckOrder(const Order& order, OrderSums* sums) {
  OM_RETURN_IF_ERROR(CheckIdentity(order.partner_id(), order.external_order_id()));
  if (order.has_sequence_number() && order.sequence_number() < 0) {
    return InvalidField("sequence_number", "must not be negative");
  }
  if (order.lines().empty() || static_cast<size_t>(order.lines_size()) > kMaxLines) {
    return InvalidField("lines", "must be 1 to 10,000 lines");
  }
  for (const auto& line : order.lines()) {
    if (!FitsId(line.product_id())) return InvalidField("lines.product_id", "must be 1 to 128 bytes");
  }
  if (!FitsId(order.customer_id())) return InvalidField("customer_id", "must be 1 to 128 bytes");
  if (order.currency().size() != kCurrencyBytes) return InvalidField("currency", "must be a code of three letters");
  OM_RETURN_IF_ERROR(ReadNanos("gross_amount", order.gross_amount(), &sums->gross));
  OM_RETURN_IF_ERROR(ReadNanos("tax_amount", order.tax_amount(), &sums->tax));
  return ReadNanos("net_amount", order.net_amount(), &sums->net);
}

template absl::Status CheckOrder(const order::v1::Order&, OrderSums*);
template absl::Status CheckOrder(const OrderView&, OrderSums*);

}  // namespace ordermesh::order_store
