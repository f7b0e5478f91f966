#include "services/feed/domain/submission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/base/card_data.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/order_bytes.h"
#include "services/common/base/order_view.h"
#include "services/feed/domain/errors.h"

namespace ordermesh::feed {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// What a thread reads every order with. Most go on as they came: those are not made messages of.
struct Scratch {
  OrderView view;
  OrderScratch parsed;
};

absl::Status CheckOrderBytes(std::string& bytes, std::string_view prefix) {
  thread_local Scratch scratch;
  if (scratch.view.Read(bytes)) return CheckOrderForCardData(scratch.view, prefix);
  order::v1::Order* const order = scratch.parsed.Parse(bytes);
  if (order == nullptr) {
    return InvalidField(absl::StrCat(View(prefix), "order"), "is no valid message: its bytes are damaged or not UTF-8");
  }
  // Written again without what the check below cannot see: unknown fields, and values that later ones replaced.
  order->DiscardUnknownFields();
  WriteOrder(*order, "", bytes);
  return CheckOrderForCardData(*order, prefix);
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
