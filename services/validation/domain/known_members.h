// The members of a payload that a mapping names, for mappings that refuse all others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/common/base/json_document.h"
#include "services/validation/domain/payload_path.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

class KnownMembers {
 public:
  // Everything on the way to the value is known, and everything inside it.
  void Add(const PayloadPath& path);

  // Adds a violation (code SCHEMA, named as in the payload) for every member that is not known. Arrays are looked
  // through.
  void Check(const JsonDocument& document, Violations& violations) const;

 private:
  struct Branch {
    absl::flat_hash_map<std::string, size_t> members;
    bool whole = false;
  };

  void Check(const JsonDocument& document, const JsonNode& node, size_t branch, Violations& violations) const;

  // The first is the root.
  std::vector<Branch> branches_{1};
};

}  // namespace ordermesh::validation
