// A partner's folder as a whole: the mapping compiles, and every example beside it gives its expected result.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

// Compiles the folder and runs its examples (examples/*.yaml; docs/mapping.md says what they hold). Pure: an example
// without `now` runs at 2026-01-15T12:00:00Z. Nothing is kept. `live_files` is the folder that is live now, or empty:
// it is a problem where the new one takes the external order id from another place.
v1::CheckMappingResponse CheckFolder(std::string_view partner_id, const ConfigFiles& files,
                                     const ConfigFiles& live_files = {});

// Whether a file of this path is an example: examples/*.yaml.
bool IsExample(const std::string& path);

// What the plan finds wrong with an example's payload, whatever is expected of it; nothing where it is no example.
std::optional<ViolationList> ViolationsOfExample(const PartnerPlan& plan, const ConfigFiles& files,
                                                 const v1::ConfigFile& file);

}  // namespace ordermesh::validation
