// The optional JSON Schema step of a mapping.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/common/base/json_document.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

// A compiled schema of draft 7. It sees numbers as int64 or double; exact limits belong in the mapping's rules.
// Keywords whose cost is not bounded by the payload's size are refused: $ref, pattern, patternProperties, format,
// uniqueItems. Immutable and safe for concurrent use.
class JsonSchema {
 public:
  // INVALID_ARGUMENT with the reason for what is no schema or uses a refused keyword.
  static absl::StatusOr<std::shared_ptr<const JsonSchema>> Compile(std::string_view text);
  ~JsonSchema();

  // Adds one violation (code SCHEMA) for each place of the payload that does not satisfy the schema.
  void Check(const JsonDocument& document, Violations& violations) const;

 private:
  struct Compiled;

  JsonSchema();

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace ordermesh::validation
