#include "services/validation/domain/amounts.h"

namespace ordermesh::validation {
namespace {

std::optional<Decimal> Rounded(const std::optional<Decimal>& amount, const std::optional<AmountRounding>& rounding) {
  if (!amount.has_value() || !rounding.has_value()) return amount;
  return amount->Round(rounding->decimals, rounding->mode);
}

bool Set(const std::optional<Decimal>& amount, std::string_view field, std::string_view currency,
         Violations& violations, google::type::Money* money) {
  if (amount.has_value() && amount->ToMoney(currency, money).ok()) return true;
  violations.Add(Violation::OUT_OF_RANGE, field, 0, "the exact amount has more than nine decimals or is too large",
                 amount.has_value() ? amount->ToString() : "");
  return false;
}

}  // namespace

void Amounts::AddLine(const Decimal& quantity, const Decimal& unit_price) {
  const auto line = quantity.Multiply(unit_price);
  gross_ = gross_.has_value() && line.has_value() ? gross_->Add(*line) : std::nullopt;
  if (quantity_.has_value()) quantity_ = quantity_->Add(quantity);
}

bool Amounts::Finish(const Decimal& tax_rate, const std::optional<AmountRounding>& rounding, Violations& violations,
                     order::v1::Order& order, CanonicalValues& values) const {
  const std::string_view currency = order.currency();
  const auto gross = Rounded(gross_, rounding);
  if (!Set(gross, "grossAmount", currency, violations, order.mutable_gross_amount())) return false;
  const auto tax = Rounded(gross->Multiply(tax_rate), rounding);
  if (!Set(tax, "taxAmount", currency, violations, order.mutable_tax_amount())) return false;
  const auto net = gross->Add(*tax);
  if (!Set(net, "netAmount", currency, violations, order.mutable_net_amount())) return false;
  values[static_cast<size_t>(Canonical::kGrossAmount)] = *gross;
  values[static_cast<size_t>(Canonical::kTaxAmount)] = *tax;
  values[static_cast<size_t>(Canonical::kNetAmount)] = *net;
  values[static_cast<size_t>(Canonical::kTaxRate)] = tax_rate;
  values[static_cast<size_t>(Canonical::kQuantity)] = quantity_.value_or(Decimal());
  values[static_cast<size_t>(Canonical::kLineCount)] = Decimal(order.lines_size());
  return true;
}

}  // namespace ordermesh::validation
