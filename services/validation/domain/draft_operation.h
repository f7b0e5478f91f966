// An operation of a patch, read as what a mapping can say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/patch.pb.h"
#include "services/common/base/json_document.h"
#include "services/common/base/patch_path.h"

namespace ordermesh::validation {

// A single JSON value: a string's text, or the text of a number or of true and false. Null has none.
struct PatchValue {
  JsonType type = JsonType::kNull;
  std::string text;

  // A mapping sees null and an empty text as a missing value.
  bool IsMissing() const { return type == JsonType::kNull || text.empty(); }
};

struct DraftOperation {
  int number = 0;
  std::string path;
  std::vector<PatchStep> steps;
  // What a missing value becomes.
  std::optional<PatchValue> fill;
  // Whether the patch gives this value to one that is there too.
  bool overwrites = false;
  // Values and what they become.
  std::vector<std::pair<PatchValue, PatchValue>> changes;
  bool removes = false;
};

// NOT_EXPRESSIBLE: operation, path and why.
absl::Status NotExpressible(const DraftOperation& operation, std::string_view why);

// INVALID_ARGUMENT where it is no operation; FAILED_PRECONDITION (NOT_EXPRESSIBLE) where its values are no single ones.
absl::StatusOr<DraftOperation> ReadOperation(int number, const ordermesh::error::v1::PatchOperation& operation);

}  // namespace ordermesh::validation
