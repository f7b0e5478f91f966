// Every refusal of the feed that is not about the shape of one request field.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/feed/domain/card_number.h"

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

// INVALID_ARGUMENT, reason CARD_NUMBER: `field` holds payment card data. Names the byte that it begins at and never
// what stands there.
absl::Status HoldsCardData(std::string_view field, const CardFinding& finding);

}  // namespace ordermesh::feed
