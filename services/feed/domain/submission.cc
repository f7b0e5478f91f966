#include "services/feed/domain/submission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/order_bytes.h"
#include "services/common/base/order_view.h"
#include "services/feed/domain/card_number.h"
#include "services/feed/domain/errors.h"

namespace ordermesh::feed {
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

// What a thread reads every order with. Most go on as they came: those are not made messages of.
struct Scratch {
  OrderView view;
  OrderScratch parsed;
};

absl::Status CheckOrderBytes(std::string& bytes, std::string_view prefix) {
  thread_local Scratch scratch;
  if (scratch.view.Read(bytes)) return CardDataOf(prefix).CheckOrder(scratch.view);
  order::v1::Order* const order = scratch.parsed.Parse(bytes);
  if (order == nullptr) {
    return InvalidField(absl::StrCat(View(prefix), "order"), "is no valid message: its bytes are damaged or not UTF-8");
  }
  // Written again without what the check below cannot see: unknown fields, and values that later ones replaced.
  order->DiscardUnknownFields();
  WriteOrder(*order, "", bytes);
  return CardDataOf(prefix).CheckOrder(*order);
}

bool IsPartnerCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

absl::Status CheckPartnerId(std::string_view partner_id) {
  if (partner_id.empty()) return InvalidField("partner_id", "is required");
  if (partner_id.size() > kMaxPartnerIdBytes) return InvalidField("partner_id", "is longer than 64 bytes");
  if (!std::all_of(partner_id.begin(), partner_id.end(), IsPartnerCharacter)) {
    return InvalidField("partner_id", "may hold lower-case letters, digits and dashes only");
  }
  return absl::OkStatus();
}

absl::Status CheckOrderCount(int count) {
  if (count == 0) return InvalidField("orders", "must hold at least one order");
  if (static_cast<size_t>(count) > kMaxBatchOrders) {
    return InvalidField("orders", absl::StrCat("holds ", count, " orders; 10,000 are allowed"));
  }
  return absl::OkStatus();
}

template <typename Submission>
absl::Status CheckContent(const Submission& submission) {
  switch (submission.content_case()) {
    case Submission::kRawPayload:
      if (submission.raw_payload().size() <= kMaxOrderBytes) return absl::OkStatus();
      return InvalidField("raw_payload",
                          absl::StrCat("is ", submission.raw_payload().size(), " bytes; 1 MiB is allowed"));
    case Submission::kOrder:
      if (submission.order().size() <= kMaxOrderBytes) return absl::OkStatus();
      return InvalidField("order", absl::StrCat("is ", submission.order().size(), " bytes; 1 MiB is allowed"));
    case Submission::CONTENT_NOT_SET:
      break;
  }
  return InvalidField("content", "is required: raw_payload or order");
}

template <typename Submission>
absl::Status CheckCardData(Submission& submission, std::string_view prefix) {
  if (submission.has_order()) return CheckOrderBytes(*submission.mutable_order(), prefix);
  const auto found = FindCardDataInJson(submission.raw_payload());
  if (!found.has_value()) return absl::OkStatus();
  return HoldsCardData(absl::StrCat(View(prefix), "raw_payload"), *found);
}

template <typename Submission>
std::unique_ptr<validation::v1::InboundOrder> ToInbound(Submission& submission, const Uuid& ingest_id) {
  auto inbound = std::make_unique<validation::v1::InboundOrder>();
  inbound->set_ingest_id_high(ingest_id.high);
  inbound->set_ingest_id_low(ingest_id.low);
  if (submission.has_order()) {
    inbound->set_allocated_order(submission.release_order());
  } else {
    inbound->set_allocated_raw_payload(submission.release_raw_payload());
  }
  return inbound;
}

template absl::Status CheckContent(const internal::v1::SubmitOrderRequest&);
template absl::Status CheckContent(const internal::v1::OrderInput&);
template absl::Status CheckCardData(internal::v1::SubmitOrderRequest&, std::string_view);
template absl::Status CheckCardData(internal::v1::OrderInput&, std::string_view);
template std::unique_ptr<validation::v1::InboundOrder> ToInbound(internal::v1::SubmitOrderRequest&, const Uuid&);
template std::unique_ptr<validation::v1::InboundOrder> ToInbound(internal::v1::OrderInput&, const Uuid&);

}  // namespace ordermesh::feed
