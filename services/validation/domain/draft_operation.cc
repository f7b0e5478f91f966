#include "services/validation/domain/draft_operation.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::validation {
namespace {

using ordermesh::error::v1::PatchOperation;

std::string NameOf(int number) { return absl::StrCat("operations[", number, "]"); }

absl::StatusOr<PatchValue> ReadValue(const DraftOperation& operation, const std::string& text) {
  JsonDocument document;
  const JsonNode* node =
      document.Parse(absl::StrCat("{\"v\":", text, "}")) ? document.Member(document.root(), "v") : nullptr;
  if (node == nullptr || document.root().children != 1) {
    return InvalidField(NameOf(operation.number), "has a value that is not one JSON value");
  }
  if (node->type == JsonType::kObject || node->type == JsonType::kArray) {
    return NotExpressible(operation, "a mapping makes texts, numbers, true and false, and no objects or arrays");
  }
  return PatchValue{node->type, std::string(node->text)};
}

absl::Status AddChange(DraftOperation& operation, const std::string& from_text, const std::string& to_text) {
  OM_ASSIGN_OR_RETURN(PatchValue from, ReadValue(operation, from_text));
  OM_ASSIGN_OR_RETURN(PatchValue to, ReadValue(operation, to_text));
  if (!from.IsMissing()) {
    operation.changes.emplace_back(std::move(from), std::move(to));
    return absl::OkStatus();
  }
  if (to.IsMissing()) return NotExpressible(operation, "to a mapping null and an empty text are both missing values");
  if (operation.fill.has_value() && operation.fill->text != to.text) {
    return NotExpressible(operation, "null and an empty text become different values, and both are missing values");
  }
  operation.fill = std::move(to);
  return absl::OkStatus();
}

absl::Status ReadChanges(const PatchOperation& operation, DraftOperation& read) {
  switch (operation.operation_case()) {
    case PatchOperation::kSet: {
      read.path = operation.set().path();
      read.overwrites = true;
      OM_ASSIGN_OR_RETURN(read.fill, ReadValue(read, operation.set().value()));
      if (read.fill->IsMissing()) return NotExpressible(read, "a mapping cannot take a value away");
      return absl::OkStatus();
    }
    case PatchOperation::kReplace:
      read.path = operation.replace().path();
      return AddChange(read, operation.replace().from(), operation.replace().to());
    case PatchOperation::kRemove:
      read.path = operation.remove().path();
      read.removes = true;
      return absl::OkStatus();
    case PatchOperation::kMapValue: {
      read.path = operation.map_value().path();
      // In an order that does not change from one draft to the next.
      const std::map<std::string, std::string> table(operation.map_value().table().begin(),
                                                     operation.map_value().table().end());
      for (const auto& [from, to] : table) OM_RETURN_IF_ERROR(AddChange(read, from, to));
      return absl::OkStatus();
    }
    default:
      return InvalidField(NameOf(read.number), "is required: set, replace, remove or map_value");
  }
}

}  // namespace

absl::Status NotExpressible(const DraftOperation& operation, std::string_view why) {
  const std::string name = NameOf(operation.number);
  return Refusal(absl::StatusCode::kFailedPrecondition, "NOT_EXPRESSIBLE",
                 absl::StrCat(name, " at ", operation.path, ": ", absl::string_view(why.data(), why.size())),
                 {{"operation", name}, {"path", operation.path}});
}

absl::StatusOr<DraftOperation> ReadOperation(int number, const PatchOperation& operation) {
  DraftOperation read;
  read.number = number;
  OM_RETURN_IF_ERROR(ReadChanges(operation, read));
  auto steps = ParsePatchPath(read.path);
  if (!steps.has_value()) return InvalidField(NameOf(number), "needs a path to a member");
  read.steps = *std::move(steps);
  return read;
}

}  // namespace ordermesh::validation
