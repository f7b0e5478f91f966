#include "services/validation/domain/known_members.h"

namespace ordermesh::validation {

void KnownMembers::Add(const PayloadPath& path) {
  size_t at = 0;
  for (const PayloadPath::Step& step : path.steps()) {
    if (step.is_index) continue;
    const auto [member, is_new] = branches_[at].members.try_emplace(step.name, branches_.size());
    at = member->second;
    if (is_new) branches_.emplace_back();
  }
  branches_[at].whole = true;
}

void KnownMembers::Check(const JsonDocument& document, Violations& violations) const {
  Check(document, document.root(), 0, violations);
}

// The depth of the recursion is bounded by that of the mapping's paths and of the payload.
void KnownMembers::Check(const JsonDocument& document, const JsonNode& node, size_t branch,
                         Violations& violations) const {
  const bool leads_on = !branches_[branch].members.empty();
  if (branches_[branch].whole && !leads_on) return;
  for (const JsonNode* child = document.FirstChild(node); child != nullptr; child = document.Next(*child)) {
    if (node.type == JsonType::kArray) {
      Check(document, *child, branch, violations);
      continue;
    }
    const auto& members = branches_[branch].members;
    const auto known = members.find(absl::string_view(child->name.data(), child->name.size()));
    if (known == members.end()) {
      violations.Add(Violation::SCHEMA, child->name, 0, "the mapping does not know this member", child->text);
    } else {
      Check(document, *child, known->second, violations);
    }
  }
}

}  // namespace ordermesh::validation
