// The plans of all partners: what validation knows of the world.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

// Immutable once loaded, so that workers look up without a lock.
class PlanRegistry {
 public:
  // Compiles every folder of `directory`. INVALID_ARGUMENT names file, line and column of each fault: a mapping that
  // does not compile keeps validation from starting, and never becomes live.
  static absl::StatusOr<PlanRegistry> Load(const std::string& directory);

  // Null for an unknown partner.
  const PartnerPlan* Find(std::string_view partner_id) const;
  size_t size() const { return plans_.size(); }

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<const PartnerPlan>> plans_;
};

// NOT_FOUND, reason UNKNOWN_PARTNER.
absl::Status UnknownPartner(std::string_view partner_id);

// INVALID_ARGUMENT that lists the problems as `path:line:column: message`.
absl::Status BadMapping(std::string_view partner_id, const MappingProblems& problems);

}  // namespace ordermesh::validation
