#include "tools/ordermesh/commands/merge_stats.h"

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "services/common/base/decimal.h"
#include "services/common/base/errors.h"

namespace ordermesh::cli {
namespace {

using order::v1::OrderAmounts;
using order::v1::PartnerOrderStats;

absl::Status AddMoney(const google::type::Money& more, google::type::Money& sum) {
  OM_ASSIGN_OR_RETURN(const Decimal a, Decimal::FromMoney(sum));
  OM_ASSIGN_OR_RETURN(const Decimal b, Decimal::FromMoney(more));
  const auto total = a.Add(b);
  if (!total.has_value()) return absl::OutOfRangeError("a sum of amounts over all shards is too large");
  return total->ToMoney(more.currency_code(), &sum);
}

absl::Status AddPartner(const PartnerOrderStats& more, PartnerOrderStats& sum) {
  sum.set_partner_id(more.partner_id());
  sum.set_count(sum.count() + more.count());
  sum.set_line_count(sum.line_count() + more.line_count());
  std::map<std::string, OrderAmounts> by_currency;
  for (const OrderAmounts& amounts : sum.amounts()) by_currency[amounts.gross_amount().currency_code()] = amounts;
  for (const OrderAmounts& amounts : more.amounts()) {
    OrderAmounts& to = by_currency[amounts.gross_amount().currency_code()];
    OM_RETURN_IF_ERROR(AddMoney(amounts.gross_amount(), *to.mutable_gross_amount()));
    OM_RETURN_IF_ERROR(AddMoney(amounts.tax_amount(), *to.mutable_tax_amount()));
    OM_RETURN_IF_ERROR(AddMoney(amounts.net_amount(), *to.mutable_net_amount()));
  }
  sum.clear_amounts();
  for (auto& [currency, amounts] : by_currency) *sum.add_amounts() = std::move(amounts);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<order::v1::OrderStats> MergeOrderStats(const std::vector<order::v1::OrderStats>& shards) {
  int64_t total = 0;
  std::map<std::string, PartnerOrderStats> partners;
  std::map<std::pair<int64_t, std::string>, PartnerOrderStats> hours;
  for (const auto& shard : shards) {
    total += shard.total_count();
    for (const auto& partner : shard.partners()) {
      OM_RETURN_IF_ERROR(AddPartner(partner, partners[partner.partner_id()]));
    }
    for (const auto& hour : shard.hours()) {
      OM_RETURN_IF_ERROR(AddPartner(hour.partner(), hours[{hour.hour().seconds(), hour.partner().partner_id()}]));
    }
  }
  order::v1::OrderStats merged;
  merged.set_total_count(total);
  for (auto& [id, partner] : partners) *merged.add_partners() = std::move(partner);
  for (auto& [key, partner] : hours) {
    auto* hour = merged.add_hours();
    hour->mutable_hour()->set_seconds(key.first);
    *hour->mutable_partner() = std::move(partner);
  }
  return merged;
}

error::v1::ErrorStats MergeErrorStats(const std::vector<error::v1::ErrorStats>& shards) {
  int64_t total = 0;
  std::map<std::string, int64_t> counts;
  std::map<std::tuple<std::string, int, std::string>, int64_t> codes;
  for (const auto& shard : shards) {
    total += shard.total_count();
    for (const auto& partner : shard.partners()) {
      counts[partner.partner_id()] += partner.count();
      for (const auto& code : partner.codes()) codes[{partner.partner_id(), code.code(), code.field()}] += code.count();
    }
  }
  error::v1::ErrorStats merged;
  merged.set_total_count(total);
  for (const auto& [id, count] : counts) {
    auto* partner = merged.add_partners();
    partner->set_partner_id(id);
    partner->set_count(count);
    for (auto at = codes.lower_bound({id, 0, ""}); at != codes.end() && std::get<0>(at->first) == id; ++at) {
      auto* code = partner->add_codes();
      code->set_code(static_cast<common::v1::Violation::Code>(std::get<1>(at->first)));
      code->set_field(std::get<2>(at->first));
      code->set_count(at->second);
    }
  }
  return merged;
}

}  // namespace ordermesh::cli
