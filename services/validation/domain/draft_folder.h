// A draft of a partner's whole folder: its mapping with a patch said in it, its examples fitted to that, and what it
// makes of payloads.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

// A payload that becomes an example has at most this.
inline constexpr size_t kMaxExampleBytes = 64 << 10;

// Drafts the patch (mapping_draft.h) into `live`, and tries the request's payloads at `now`. Examples that expect what
// the draft is made to cure are fitted; the first payload that is no order by the live folder, and by the draft the one
// that the patch makes, becomes an example. What else keeps the draft from being a version is among its problems.
absl::StatusOr<v1::DraftMappingResponse> DraftFolder(const ConfigFiles& live, const v1::DraftMappingRequest& request,
                                                     absl::Time now);

}  // namespace ordermesh::validation
