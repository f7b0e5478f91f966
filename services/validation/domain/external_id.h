// Where a mapping takes the external order id from: the one thing that a new version may not change.
#pragma once

#include "services/validation/domain/mapping_plan.h"

namespace ordermesh::validation {

// Whether every payload that has an external order id by `live` has the same one by `next`. Compares what the mappings
// say: the place, the JSON types that are taken (`next` may take more), and everything that is done to the text.
bool KeepsExternalId(const MappingPlan& live, const MappingPlan& next);

}  // namespace ordermesh::validation
