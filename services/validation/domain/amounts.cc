#include "services/validation/domain/amounts.h"

namespace ordermesh::validation {
namespace {

std::optional<Decimal> Rounded(const std::optional<Decimal>& amount, const std::optional<AmountRounding>& rounding) {
  if (!amount.has_value() || !rounding.has_value()) return amount;
  return amount->Round(rounding->decimals, rounding->mode);
}

bool Set(const std::optional<Decimal>& amount, std::string_view field, Violations& violations,
         OrderAmounts::Amount& money) {
  if (amount.has_value() && amount->ToMoney(&money.units, &money.nanos).ok()) return true;
  violations.Add(Violation::OUT_OF_RANGE, field, 0, "the exact amount has more than nine decimals or is too large",
                 amount.has_value() ? amount->ToString() : "");
  return false;
}

void SetMoney(const std::string& currency, const OrderAmounts::Amount& amount, google::type::Money* money) {
  money->set_currency_code(currency);
  money->set_units(amount.units);
  money->set_nanos(amount.nanos);
}

}  // namespace

void SetAmounts(const OrderAmounts& amounts, order::v1::Order& order) {
  SetMoney(order.currency(), amounts.gross, order.mutable_gross_amount());
  SetMoney(order.currency(), amounts.tax, order.mutable_tax_amount());
  SetMoney(order.currency(), amounts.net, order.mutable_net_amount());
}

void Amounts::AddLine(const Decimal& quantity, const Decimal& unit_price) {
  const auto line = quantity.Multiply(unit_price);
  gross_ = gross_.has_value() && line.has_value() ? gross_->Add(*line) : std::nullopt;
  if (quantity_.has_value()) quantity_ = quantity_->Add(quantity);
}

bool Amounts::Finish(const Decimal& tax_rate, const std::optional<AmountRounding>& rounding, int lines,
                     Violations& violations, OrderAmounts& amounts, CanonicalValues& values) const {
  const auto gross = Rounded(gross_, rounding);
  if (!Set(gross, "grossAmount", violations, amounts.gross)) return false;
  const auto tax = Rounded(gross->Multiply(tax_rate), rounding);
  if (!Set(tax, "taxAmount", violations, amounts.tax)) return false;
  const auto net = gross->Add(*tax);
  if (!Set(net, "netAmount", violations, amounts.net)) return false;
  values[static_cast<size_t>(Canonical::kGrossAmount)] = *gross;
  values[static_cast<size_t>(Canonical::kTaxAmount)] = *tax;
  values[static_cast<size_t>(Canonical::kNetAmount)] = *net;
  values[static_cast<size_t>(Canonical::kTaxRate)] = tax_rate;
  values[static_cast<size_t>(Canonical::kQuantity)] = quantity_.value_or(Decimal());
  values[static_cast<size_t>(Canonical::kLineCount)] = Decimal(lines);
  return true;
}

}  // namespace ordermesh::validation
