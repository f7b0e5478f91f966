// A partner's settings: their checks, their defaults, and what an update makes of them.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "ordermesh/partners/v1/partners_service.pb.h"

namespace ordermesh::partners {

// Whether it can be the id of a partner: 1 to 64 lower-case letters, digits and dashes.
bool IsPartnerId(std::string_view id);

// INVALID_ARGUMENT where a text for people is longer than `max_bytes`, or has control characters; several lines are
// allowed only where said.
absl::Status CheckText(std::string_view field, std::string_view text, size_t max_bytes, bool several_lines = false);

// The partner that CreatePartner makes: active, with default limits where none are given, without what the store sets.
// INVALID_ARGUMENT names the first field that breaks its rule.
absl::StatusOr<v1::Partner> NewPartner(const v1::Partner& asked);

// What an update makes of the stored partner. An empty mask means the fields that have a value. In a mask, partner_id
// and etag are passed over: over REST they come with the body. INVALID_ARGUMENT names the mask or the first field that
// breaks its rule; ABORTED where the etag is given and not the stored one.
absl::StatusOr<v1::Partner> UpdatedPartner(const v1::Partner& stored, const v1::UpdatePartnerRequest& request);

}  // namespace ordermesh::partners
