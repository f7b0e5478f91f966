#include "services/feed/domain/errors.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::feed {
namespace {

constexpr absl::Duration kRetryAfterPartners = absl::Milliseconds(500);

}  // namespace

absl::Status PartnersUnknown() {
  return WithRetry(
      Refusal(absl::StatusCode::kUnavailable, "PARTNERS_UNKNOWN", "the partners are not known here yet; send again"),
      kRetryAfterPartners);
}

absl::Status UnknownPartner() {
  return Refusal(absl::StatusCode::kNotFound, "UNKNOWN_PARTNER", "partner_id: there is no such partner",
                 {{"field", "partner_id"}});
}

absl::Status PartnerSuspended() {
  return Refusal(absl::StatusCode::kPermissionDenied, "PARTNER_SUSPENDED",
                 "the partner is suspended; its orders are not taken");
}

absl::Status NoConfig() {
  return Refusal(absl::StatusCode::kFailedPrecondition, "NO_CONFIG",
                 "the partner has no live config yet: its orders cannot be mapped");
}

absl::Status RateLimited(absl::Duration retry_after) {
  return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                           "more orders than the partner's limit allows; wait and send again"),
                   retry_after);
}

}  // namespace ordermesh::feed
