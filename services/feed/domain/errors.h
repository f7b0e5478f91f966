// Every refusal of the feed that is not about the shape of one request field.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ordermesh::feed {

// UNAVAILABLE with RetryInfo, reason PARTNERS_UNKNOWN: this process has never heard of any partner yet.
absl::Status PartnersUnknown();

// NOT_FOUND, reason UNKNOWN_PARTNER. It does not repeat the name: who knows what was sent in its place.
absl::Status UnknownPartner();

// PERMISSION_DENIED, reason PARTNER_SUSPENDED.
absl::Status PartnerSuspended();

// FAILED_PRECONDITION, reason NO_CONFIG: there is nothing yet to map the partner's orders with.
absl::Status NoConfig();

// RESOURCE_EXHAUSTED with RetryInfo, reason RATE_LIMITED.
absl::Status RateLimited(absl::Duration retry_after);

}  // namespace ordermesh::feed
