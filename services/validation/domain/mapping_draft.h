// What a patch does to payloads, said in the partner's own mapping: so that future payloads need the patch no more.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/patch.pb.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

struct MappingDraft {
  // mapping.yaml as it is drafted.
  std::string mapping;
  // What became of each operation, a sentence each.
  std::vector<std::string> effects;
  // The fields, and the members that were unknown, whose violations this is about.
  std::set<std::string> fields;
};

// `live` must compile. FAILED_PRECONDITION (NOT_EXPRESSIBLE) names the operation, its path, and why no mapping says it.
// Only the fields that an operation's path is read by are changed: `set` and what missing values become as `default`,
// other values as `replace`, `remove` of what `unknown: reject` refuses as `known`.
absl::StatusOr<MappingDraft> DraftMapping(std::string_view partner_id, const ConfigFiles& live,
                                          const ordermesh::error::v1::Patch& patch);

}  // namespace ordermesh::validation
