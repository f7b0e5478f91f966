#include "services/feed/domain/submission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"

namespace ordermesh::feed {
namespace {

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
template std::unique_ptr<validation::v1::InboundOrder> ToInbound(v1::SubmitOrderRequest&, const Uuid&);
template std::unique_ptr<validation::v1::InboundOrder> ToInbound(v1::OrderInput&, const Uuid&);

}  // namespace ordermesh::feed
