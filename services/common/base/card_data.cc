#include "services/common/base/card_data.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/errors.h"
#include "services/common/base/order_view.h"

namespace ordermesh {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Looks into every field of a canonical order.
class CardDataOf {
 public:
  explicit CardDataOf(std::string_view prefix) : prefix_(prefix) {}

  // `Order` is the message or an OrderView.
  template <typename Order>
  absl::Status CheckOrder(const Order& order) const {
    OM_RETURN_IF_ERROR(CheckText("order.external_order_id", order.external_order_id()));
    OM_RETURN_IF_ERROR(CheckText("order.customer_id", order.customer_id()));
    OM_RETURN_IF_ERROR(CheckText("order.tax_rate", order.tax_rate()));
    OM_RETURN_IF_ERROR(CheckText("order.currency", order.currency()));
    OM_RETURN_IF_ERROR(CheckNumber("order.sequence_number", order.sequence_number()));
    for (int i = 0; i < order.lines_size(); ++i) {
      if (const absl::Status status = CheckLine(order.lines(i)); !status.ok()) return InLine(i, order.lines(i));
    }
    return CheckOutputOnly(order);
  }

 private:
  template <typename OrderLine>
  absl::Status CheckLine(const OrderLine& line) const {
    OM_RETURN_IF_ERROR(CheckText("product_id", line.product_id()));
    OM_RETURN_IF_ERROR(CheckText("quantity", line.quantity()));
    return CheckMoney("unit_price", line.unit_price());
  }

  // The refusal of a line, with its place.
  template <typename OrderLine>
  absl::Status InLine(int index, const OrderLine& line) const {
    return CardDataOf(absl::StrCat(prefix_, "order.lines[", index, "].")).CheckLine(line);
  }

  // The mesh ignores them, but a rejected order is kept as it came.
  template <typename Order>
  absl::Status CheckOutputOnly(const Order& order) const {
    OM_RETURN_IF_ERROR(CheckText("order.id", order.id()));
    OM_RETURN_IF_ERROR(CheckText("order.partner_id", order.partner_id()));
    OM_RETURN_IF_ERROR(CheckText("order.ingest_id", order.ingest_id()));
    if (order.has_gross_amount()) OM_RETURN_IF_ERROR(CheckMoney("order.gross_amount", order.gross_amount()));
    if (order.has_tax_amount()) OM_RETURN_IF_ERROR(CheckMoney("order.tax_amount", order.tax_amount()));
    if (order.has_net_amount()) OM_RETURN_IF_ERROR(CheckMoney("order.net_amount", order.net_amount()));
    const auto found = FindCardDataInJson(order.raw_payload());
    return found.has_value() ? HoldsCardData(absl::StrCat(prefix_, "order.raw_payload"), *found) : absl::OkStatus();
  }

  template <typename Money>
  absl::Status CheckMoney(std::string_view name, const Money& money) const {
    OM_RETURN_IF_ERROR(CheckText(name, money.currency_code()));
    return CheckNumber(name, money.units());
  }

  absl::Status CheckText(std::string_view name, std::string_view text) const {
    if (text.size() < kShortestCardData) return absl::OkStatus();
    const auto found = FindCardData(text);
    return found.has_value() ? HoldsCardData(absl::StrCat(prefix_, View(name)), *found) : absl::OkStatus();
  }

  absl::Status CheckNumber(std::string_view name, int64_t number) const {
    return IsCardNumber(number) ? HoldsCardData(absl::StrCat(prefix_, View(name)), {}) : absl::OkStatus();
  }

  const std::string prefix_;
};

}  // namespace

absl::Status HoldsCardData(std::string_view field, const CardFinding& finding) {
  const bool is_number = finding.kind == CardFinding::Kind::kCardNumber;
  const std::string offset = absl::StrCat(finding.offset);
  return Refusal(absl::StatusCode::kInvalidArgument, "CARD_NUMBER",
                 absl::StrCat(absl::string_view(field.data(), field.size()), ": byte ", offset, " begins ",
                              is_number ? "a payment card number" : "a card's security code",
                              "; card data are not taken, and nothing of the order was kept"),
                 {{"field", field}, {"offset", offset}});
}

absl::Status CheckTextForCardData(std::string_view field, std::string_view text) {
  const auto found = FindCardData(text);
  return found.has_value() ? HoldsCardData(field, *found) : absl::OkStatus();
}

absl::Status CheckJsonForCardData(std::string_view field, std::string_view json) {
  const auto found = FindCardDataInJson(json);
  return found.has_value() ? HoldsCardData(field, *found) : absl::OkStatus();
}

template <typename Order>
absl::Status CheckOrderForCardData(const Order& order, std::string_view prefix) {
  return CardDataOf(prefix).CheckOrder(order);
}

template absl::Status CheckOrderForCardData(const order::v1::Order&, std::string_view);
template absl::Status CheckOrderForCardData(const OrderView&, std::string_view);

}  // namespace ordermesh
