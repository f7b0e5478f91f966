#include "services/validation/domain/partner_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/validation/domain/external_id.h"
#include "services/validation/domain/field_compiler.h"
#include "services/validation/domain/mapping_compiler.h"

namespace ordermesh::validation {

absl::StatusOr<std::unique_ptr<const PartnerPlan>> PartnerPlan::Compile(std::string_view partner_id,
                                                                        const ConfigFiles& files, int32_t version,
                                                                        MappingProblems* problems) {
  MappingProblems found;
  ProblemLog log(&found);
  auto plan = CompileMapping(partner_id, files, log);
  if (problems != nullptr) *problems = found;
  if (plan.has_value()) {
    plan->version = version;
    return std::unique_ptr<const PartnerPlan>(new PartnerPlan(partner_id, *std::move(plan)));
  }
  const v1::MappingProblem& first = found.Get(0);
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_MAPPING",
                 absl::StrCat(first.path(), ":", first.line(), ":", first.column(), ": ", first.message()),
                 {{"partner", partner_id}});
}

std::string PartnerPlan::RoundingText() const {
  if (!plan_.rounding.has_value()) return "";
  return absl::StrCat(plan_.rounding->decimals, " decimals, ", std::string(RoundingName(plan_.rounding->mode)));
}

bool PartnerPlan::KeepsExternalIdOf(const PartnerPlan& live) const { return KeepsExternalId(live.plan_, plan_); }

}  // namespace ordermesh::validation
