#include "services/order_store/store/order_stats.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/decimal.h"
#include "services/common/base/errors.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

using order::v1::GetOrderStatsRequest;
using order::v1::HourOrderStats;
using order::v1::OrderStats;
using order::v1::PartnerOrderStats;

constexpr int kMaxHours = 10'000;
constexpr int kMoneyDecimals = 9;
constexpr int64_t kSecondsPerHour = 3'600;

absl::Status AddAmounts(std::string_view currency, const Totals& totals, PartnerOrderStats* stats) {
  stats->set_count(stats->count() + static_cast<int64_t>(totals.count));
  stats->set_line_count(stats->line_count() + static_cast<int64_t>(totals.lines));
  auto* amounts = stats->add_amounts();
  OM_RETURN_IF_ERROR(Decimal::Of(totals.sums.gross, kMoneyDecimals).ToMoney(currency, amounts->mutable_gross_amount()));
  OM_RETURN_IF_ERROR(Decimal::Of(totals.sums.tax, kMoneyDecimals).ToMoney(currency, amounts->mutable_tax_amount()));
  return Decimal::Of(totals.sums.net, kMoneyDecimals).ToMoney(currency, amounts->mutable_net_amount());
}

// Keys come sorted by partner, then currency: a partner's entries stand together.
absl::Status ReadPartners(kv::Iterator& at, const std::string& wanted, OrderStats* stats) {
  for (at.Seek("t"); at.Valid(); at.Next()) {
    OM_ASSIGN_OR_RETURN(const CounterKey key, DecodeCounterKey(at.key()));
    if (key.hour.has_value()) break;
    if (!wanted.empty() && key.partner_id != wanted) continue;
    OM_ASSIGN_OR_RETURN(const Totals totals, DecodeTotals(at.value()));
    stats->set_total_count(stats->total_count() + static_cast<int64_t>(totals.count));
    if (stats->partners().empty() || stats->partners().rbegin()->partner_id() != key.partner_id) {
      stats->add_partners()->set_partner_id(std::string(key.partner_id));
    }
    OM_RETURN_IF_ERROR(AddAmounts(key.currency, totals, stats->mutable_partners()->rbegin().operator->()));
  }
  return at.status();
}

uint32_t HourAtOrAfter(const google::protobuf::Timestamp& time) {
  const int64_t hours =
      (std::max<int64_t>(time.seconds(), 0) + (time.nanos() > 0 ? 1 : 0) + kSecondsPerHour - 1) / kSecondsPerHour;
  return static_cast<uint32_t>(std::min<int64_t>(hours, std::numeric_limits<uint32_t>::max()));
}

// Backwards from the newest hour, so that the bound cuts the oldest.
absl::Status ReadHours(kv::Iterator& at, const GetOrderStatsRequest& request, OrderStats* stats) {
  const uint32_t first = request.has_from() ? HourAtOrAfter(request.from()) : 0;
  const uint32_t end = request.has_to() ? HourAtOrAfter(request.to()) : std::numeric_limits<uint32_t>::max();
  std::vector<HourOrderStats> newest_first;
  for (at.SeekForPrev(HourKey(end, "", "")); at.Valid(); at.Prev()) {
    OM_ASSIGN_OR_RETURN(const CounterKey key, DecodeCounterKey(at.key()));
    if (!key.hour.has_value() || *key.hour < first) break;
    if (!request.partner_id().empty() && key.partner_id != request.partner_id()) continue;
    const int64_t seconds = int64_t{*key.hour} * kSecondsPerHour;
    if (newest_first.empty() || newest_first.back().hour().seconds() != seconds ||
        newest_first.back().partner().partner_id() != key.partner_id) {
      if (newest_first.size() == kMaxHours) break;
      newest_first.emplace_back().mutable_hour()->set_seconds(seconds);
      newest_first.back().mutable_partner()->set_partner_id(std::string(key.partner_id));
    }
    OM_ASSIGN_OR_RETURN(const Totals totals, DecodeTotals(at.value()));
    OM_RETURN_IF_ERROR(AddAmounts(key.currency, totals, newest_first.back().mutable_partner()));
  }
  OM_RETURN_IF_ERROR(at.status());
  for (auto hour = newest_first.rbegin(); hour != newest_first.rend(); ++hour) {
    auto* amounts = hour->mutable_partner()->mutable_amounts();
    std::reverse(amounts->pointer_begin(), amounts->pointer_end());
    *stats->add_hours() = std::move(*hour);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OrderStats> ReadStats(const kv::Kv& kv, const GetOrderStatsRequest& request) {
  if (request.has_from() && request.has_to() &&
      std::pair(request.from().seconds(), request.from().nanos()) >=
          std::pair(request.to().seconds(), request.to().nanos())) {
    return InvalidField("to", "must be after from");
  }
  OrderStats stats;
  // One cursor is one state of the store.
  const auto at = kv.NewIterator(kCounters);
  OM_RETURN_IF_ERROR(ReadPartners(*at, request.partner_id(), &stats));
  if (request.include_hours()) OM_RETURN_IF_ERROR(ReadHours(*at, request, &stats));
  return stats;
}

}  // namespace ordermesh::order_store
