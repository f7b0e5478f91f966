#include "services/common/base/normal_order.h"

#include "absl/strings/str_cat.h"
#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/decimal.h"
#include "services/common/base/order_view.h"

namespace ordermesh {
namespace {

template <typename Number>
void AppendNumber(Number value, std::string* form) {
  form->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendText(std::string_view text, std::string* form) {
  AppendNumber(static_cast<uint32_t>(text.size()), form);
  form->append(text);
}

// A readable number: a mark, the scale, the coefficient. It cannot be taken for text, whose mark differs.
void AppendDecimal(const Decimal& number, std::string* form) {
  const Decimal normal = number.Normalized();
  form->push_back('n');
  form->push_back(static_cast<char>(normal.scale()));
  AppendNumber(normal.coefficient(), form);
}

void AppendDecimalText(std::string_view text, std::string* form) {
  const auto number = Decimal::Parse(text);
  if (number.ok()) return AppendDecimal(*number, form);
  form->push_back('t');
  AppendText(text, form);
}

template <typename Money>
void AppendMoney(const Money& money, std::string* form) {
  const auto number = Decimal::FromMoney(money.units(), money.nanos());
  if (number.ok()) return AppendDecimal(*number, form);
  form->push_back('t');
  AppendText(absl::StrCat(money.units(), ":", money.nanos()), form);
}

}  // namespace

template <typename Order>
void AppendNormalForm(const Order& order, std::string* form) {
  AppendText(order.partner_id(), form);
  AppendText(order.external_order_id(), form);
  form->push_back(order.has_sequence_number() ? 1 : 0);
  AppendNumber(order.sequence_number(), form);
  AppendText(order.customer_id(), form);
  AppendText(order.currency(), form);
  const std::string_view tax_rate = order.tax_rate();
  AppendDecimalText(tax_rate.empty() ? "0" : tax_rate, form);
  AppendNumber(order.transaction_time().seconds(), form);
  AppendNumber(order.transaction_time().nanos(), form);
  AppendNumber(static_cast<uint32_t>(order.lines_size()), form);
  for (const auto& line : order.lines()) {
    AppendText(line.product_id(), form);
    AppendDecimalText(line.quantity(), form);
    AppendMoney(line.unit_price(), form);
  }
}

template void AppendNormalForm(const order::v1::Order&, std::string*);
template void AppendNormalForm(const OrderView&, std::string*);

}  // namespace ordermesh
