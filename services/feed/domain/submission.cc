#include "services/feed/domain/submission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/feed/domain/card_number.h"
#include "services/feed/domain/errors.h"

namespace ordermesh::feed {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Looks into every field of a canonical order.
class CardDataOf {
 public:
  explicit CardDataOf(std::string_view prefix) : prefix_(prefix) {}

  absl::Status CheckOrder(order::v1::Order& order) const {
    if (HasUnknownFields(order)) order.DiscardUnknownFields();
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
  absl::Status CheckLine(const order::v1::OrderLine& line) const {
    OM_RETURN_IF_ERROR(CheckText("product_id", line.product_id()));
    OM_RETURN_IF_ERROR(CheckText("quantity", line.quantity()));
    return CheckMoney("unit_price", line.unit_price());
  }

  // The refusal of a line, with its place.
  absl::Status InLine(int index, const order::v1::OrderLine& line) const {
    return CardDataOf(absl::StrCat(prefix_, "order.lines[", index, "].")).CheckLine(line);
  }

  // The mesh ignores them, but a rejected order is kept as it came.
  absl::Status CheckOutputOnly(const order::v1::Order& order) const {
    OM_RETURN_IF_ERROR(CheckText("order.id", order.id()));
    OM_RETURN_IF_ERROR(CheckText("order.partner_id", order.partner_id()));
    OM_RETURN_IF_ERROR(CheckText("order.ingest_id", order.ingest_id()));
    if (order.has_gross_amount()) OM_RETURN_IF_ERROR(CheckMoney("order.gross_amount", order.gross_amount()));
    if (order.has_tax_amount()) OM_RETURN_IF_ERROR(CheckMoney("order.tax_amount", order.tax_amount()));
    if (order.has_net_amount()) OM_RETURN_IF_ERROR(CheckMoney("order.net_amount", order.net_amount()));
    const auto found = FindCardDataInJson(order.raw_payload());
    return found.has_value() ? HoldsCardData(absl::StrCat(prefix_, "order.raw_payload"), *found) : absl::OkStatus();
  }

  absl::Status CheckMoney(std::string_view name, const google::type::Money& money) const {
    OM_RETURN_IF_ERROR(CheckText(name, money.currency_code()));
    return CheckNumber(name, money.units());
  }

  absl::Status CheckText(std::string_view name, const std::string& text) const {
    if (text.size() < kShortestCardData) return absl::OkStatus();
    const auto found = FindCardData(text);
    return found.has_value() ? HoldsCardData(absl::StrCat(prefix_, View(name)), *found) : absl::OkStatus();
  }

  absl::Status CheckNumber(std::string_view name, int64_t number) const {
    return IsCardNumber(number) ? HoldsCardData(absl::StrCat(prefix_, View(name)), {}) : absl::OkStatus();
  }

  // Looking a message's reflection up costs more than asking it: once for each type.
  template <typename Message>
  static bool HasUnknown(const Message& message) {
    static const auto* const reflection = Message::default_instance().GetReflection();
    return !reflection->GetUnknownFields(message).empty();
  }

  static bool HasUnknownFields(const order::v1::Order& order) {
    if (HasUnknown(order) || HasUnknown(order.transaction_time())) return true;
    if (order.has_received_time() && HasUnknown(order.received_time())) return true;
    if (order.has_processed_at() && HasUnknown(order.processed_at())) return true;
    if (order.has_gross_amount() && HasUnknown(order.gross_amount())) return true;
    if (order.has_tax_amount() && HasUnknown(order.tax_amount())) return true;
    if (order.has_net_amount() && HasUnknown(order.net_amount())) return true;
    return std::any_of(order.lines().begin(), order.lines().end(),
                       [](const auto& line) { return HasUnknown(line) || HasUnknown(line.unit_price()); });
  }

  const std::string prefix_;
};

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
      if (submission.order().ByteSizeLong() <= kMaxOrderBytes) return absl::OkStatus();
      return InvalidField("order", absl::StrCat("is ", submission.order().ByteSizeLong(), " bytes; 1 MiB is allowed"));
    case Submission::CONTENT_NOT_SET:
      break;
  }
  return InvalidField("content", "is required: raw_payload or order");
}

template <typename Submission>
absl::Status CheckCardData(Submission& submission, std::string_view prefix) {
  if (submission.has_order()) return CardDataOf(prefix).CheckOrder(*submission.mutable_order());
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

template absl::Status CheckContent(const v1::SubmitOrderRequest&);
template absl::Status CheckContent(const v1::OrderInput&);
template absl::Status CheckCardData(v1::SubmitOrderRequest&, std::string_view);
template absl::Status CheckCardData(v1::OrderInput&, std::string_view);
template std::unique_ptr<validation::v1::InboundOrder> ToInbound(v1::SubmitOrderRequest&, const Uuid&);
template std::unique_ptr<validation::v1::InboundOrder> ToInbound(v1::OrderInput&, const Uuid&);

}  // namespace ordermesh::feed
