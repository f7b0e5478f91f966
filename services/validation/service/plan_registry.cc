#include "services/validation/service/plan_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/validation/service/config_folder.h"

namespace ordermesh::validation {

absl::StatusOr<PlanRegistry> PlanRegistry::Load(const std::string& directory) {
  OM_ASSIGN_OR_RETURN(const auto folders, LoadPartnerFolders(directory));
  PlanRegistry registry;
  for (const PartnerFolder& folder : folders) {
    MappingProblems problems;
    auto plan = PartnerPlan::Compile(folder.partner_id, folder.files, &problems);
    if (!plan.ok()) return BadMapping(folder.partner_id, problems);
    registry.plans_.emplace(folder.partner_id, *std::move(plan));
  }
  if (registry.plans_.empty()) {
    return Refusal(absl::StatusCode::kInvalidArgument, "NO_PARTNERS",
                   absl::StrCat("config: ", directory, " holds no partner folder with a mapping.yaml"));
  }
  return registry;
}

const PartnerPlan* PlanRegistry::Find(std::string_view partner_id) const {
  const auto found = plans_.find(absl::string_view(partner_id.data(), partner_id.size()));
  return found == plans_.end() ? nullptr : found->second.get();
}

absl::Status UnknownPartner(std::string_view partner_id) {
  return Refusal(
      absl::StatusCode::kNotFound, "UNKNOWN_PARTNER",
      absl::StrCat("partner_id: there is no partner \"", absl::string_view(partner_id.data(), partner_id.size()), "\""),
      {{"field", "partner_id"}, {"partner_id", partner_id}});
}

absl::Status BadMapping(std::string_view partner_id, const MappingProblems& problems) {
  std::string message =
      absl::StrCat("the mapping of ", absl::string_view(partner_id.data(), partner_id.size()), " does not compile:");
  for (const auto& problem : problems) {
    absl::StrAppend(&message, "\n  ", problem.path(), ":", problem.line(), ":", problem.column(), ": ",
                    problem.message());
  }
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_MAPPING", message, {{"partner_id", partner_id}});
}

}  // namespace ordermesh::validation
