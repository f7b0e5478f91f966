#include "services/error_store/domain/patch.h"

#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/patch_path.h"
#include "services/error_store/domain/json_value.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::PatchOperation;

absl::Status DoesNotFit(std::string_view path, std::string_view why) {
  return Refusal(
      absl::StatusCode::kFailedPrecondition, "PATCH_DOES_NOT_FIT",
      absl::StrCat(absl::string_view(path.data(), path.size()), ": ", absl::string_view(why.data(), why.size())));
}

// What a change does to the member `name` of an object. Returns whether anything has changed.
using Change = std::function<bool(JsonValue& object, const std::string& name)>;

// Calls `change` for every object that the steps before the last lead to; gives how many it changed.
int Walk(JsonValue& value, const std::vector<PatchStep>& steps, size_t at, const Change& change) {
  const PatchStep& step = steps[at];
  if (at + 1 == steps.size()) return value.type == JsonType::kObject && change(value, step.name) ? 1 : 0;
  if (!step.name.empty()) {
    JsonValue* const member = value.Member(step.name);
    return member == nullptr ? 0 : Walk(*member, steps, at + 1, change);
  }
  if (value.type != JsonType::kArray) return 0;
  if (step.index.has_value()) {
    return *step.index < value.children.size() ? Walk(value.children[*step.index].second, steps, at + 1, change) : 0;
  }
  int changed = 0;
  for (auto& [none, element] : value.children) changed += Walk(element, steps, at + 1, change);
  return changed;
}

const std::string& PathOf(const PatchOperation& operation) {
  switch (operation.operation_case()) {
    case PatchOperation::kSet:
      return operation.set().path();
    case PatchOperation::kReplace:
      return operation.replace().path();
    case PatchOperation::kRemove:
      return operation.remove().path();
    default:
      return operation.map_value().path();
  }
}

bool Assign(JsonValue& object, const std::string& name, const JsonValue& to) {
  JsonValue* const member = object.Member(name);
  if (member == nullptr) {
    object.children.emplace_back(name, to);
    return true;
  }
  return std::exchange(*member, to) != to;
}

absl::StatusOr<Change> ChangeOf(const PatchOperation& operation) {
  switch (operation.operation_case()) {
    case PatchOperation::kSet: {
      OM_ASSIGN_OR_RETURN(const JsonValue value, JsonValue::ParseValue(operation.set().value()));
      return [value](JsonValue& object, const std::string& name) { return Assign(object, name, value); };
    }
    case PatchOperation::kReplace: {
      OM_ASSIGN_OR_RETURN(const JsonValue from, JsonValue::ParseValue(operation.replace().from()));
      OM_ASSIGN_OR_RETURN(const JsonValue to, JsonValue::ParseValue(operation.replace().to()));
      return [from, to](JsonValue& object, const std::string& name) {
        JsonValue* const member = object.Member(name);
        if (member == nullptr || *member != from) return false;
        *member = to;
        return true;
      };
    }
    case PatchOperation::kRemove:
      return [](JsonValue& object, const std::string& name) {
        return std::erase_if(object.children, [&name](const auto& child) { return child.first == name; }) > 0;
      };
    case PatchOperation::kMapValue: {
      std::vector<std::pair<JsonValue, JsonValue>> table;
      for (const auto& [from, to] : operation.map_value().table()) {
        OM_ASSIGN_OR_RETURN(JsonValue from_value, JsonValue::ParseValue(from));
        OM_ASSIGN_OR_RETURN(JsonValue to_value, JsonValue::ParseValue(to));
        table.emplace_back(std::move(from_value), std::move(to_value));
      }
      return [table](JsonValue& object, const std::string& name) {
        JsonValue* const member = object.Member(name);
        for (const auto& [from, to] : table) {
          if (member != nullptr && *member == from) {
            *member = to;
            return true;
          }
        }
        return false;
      };
    }
    default:
      return InvalidField("operation", "is required: set, replace, remove or map_value");
  }
}

// Finds what differs, path by path.
class Difference {
 public:
  void Compare(const std::string& path, JsonValue& before, JsonValue& after) {
    if (before == after) return;
    if (before.type == JsonType::kObject && after.type == JsonType::kObject) return CompareObjects(path, before, after);
    const bool same_length = before.children.size() == after.children.size();
    if (before.type == JsonType::kArray && after.type == JsonType::kArray && same_length) {
      return CompareArrays(path, before, after);
    }
    AddReplace(path, before, after);
  }

  PatchMessage Take() { return std::move(patch_); }
  bool unsayable() const { return unsayable_; }

 private:
  void CompareObjects(const std::string& path, JsonValue& before, JsonValue& after) {
    const auto below = [&path](const std::string& name) { return path.empty() ? name : absl::StrCat(path, ".", name); };
    for (auto& [name, value] : before.children) {
      if (JsonValue* const now = after.Member(name); now != nullptr) {
        Compare(below(name), value, *now);
      } else {
        patch_.add_operations()->mutable_remove()->set_path(below(name));
      }
    }
    for (auto& [name, value] : after.children) {
      if (before.Member(name) != nullptr) continue;
      auto* set = patch_.add_operations()->mutable_set();
      set->set_path(below(name));
      set->set_value(value.ToText());
    }
  }

  // What each element that differs has in common is said of every element, if it then does the same.
  void CompareArrays(const std::string& path, JsonValue& before, JsonValue& after) {
    Difference every;
    std::set<std::string> seen;
    for (size_t i = 0; i < before.children.size(); ++i) {
      Difference one;
      one.Compare(absl::StrCat(path, "[]"), before.children[i].second, after.children[i].second);
      unsayable_ = unsayable_ || one.unsayable();
      for (auto& operation : *one.patch_.mutable_operations()) {
        if (seen.insert(operation.SerializeAsString()).second) every.patch_.add_operations()->Swap(&operation);
      }
    }
    if (SaysTheSame(path, every.patch_, before, after)) {
      patch_.MergeFrom(every.patch_);
      return;
    }
    for (size_t i = 0; i < before.children.size(); ++i) {
      Compare(absl::StrCat(path, "[", i, "]"), before.children[i].second, after.children[i].second);
    }
  }

  static bool SaysTheSame(const std::string& path, const PatchMessage& patch, const JsonValue& before,
                          const JsonValue& after) {
    JsonValue changed = before;
    for (const PatchOperation& operation : patch.operations()) {
      // Behind "path[]", which is where the array is.
      const std::string inside = PathOf(operation).substr(path.size() + 2);
      const auto steps = ParsePatchPath(absl::StrCat("x[]", inside));
      const auto change = ChangeOf(operation);
      if (!steps.has_value() || !change.ok()) return false;
      Walk(changed, {steps->begin() + 1, steps->end()}, 0, *change);
    }
    return changed == after;
  }

  void AddReplace(const std::string& path, const JsonValue& before, const JsonValue& after) {
    // An element that is a value itself has no name to change it by.
    unsayable_ = unsayable_ || path.empty() || path.back() == ']';
    auto* replace = patch_.add_operations()->mutable_replace();
    replace->set_path(path);
    replace->set_from(before.ToText());
    replace->set_to(after.ToText());
  }

  PatchMessage patch_;
  bool unsayable_ = false;
};

}  // namespace

absl::Status CheckPatch(const PatchMessage& patch) {
  if (patch.operations().empty() || patch.operations_size() > kMaxPatchOperations) {
    return InvalidField("operations", absl::StrCat("must be 1 to ", kMaxPatchOperations));
  }
  for (int i = 0; i < patch.operations_size(); ++i) {
    const PatchOperation& operation = patch.operations(i);
    const std::string name = absl::StrCat("operations[", i, "]");
    const auto change = ChangeOf(operation);
    if (!change.ok()) return InvalidField(name, std::string(change.status().message()));
    if (!ParsePatchPath(PathOf(operation)).has_value()) {
      return InvalidField(name, "needs a path to a member, as \"order.ref\" or \"lines[].price\"");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ApplyPatch(const PatchMessage& patch, std::string_view payload) {
  OM_RETURN_IF_ERROR(CheckPatch(patch));
  OM_ASSIGN_OR_RETURN(JsonValue value, JsonValue::ParseObject(payload));
  for (const PatchOperation& operation : patch.operations()) {
    const std::string& path = PathOf(operation);
    OM_ASSIGN_OR_RETURN(const Change change, ChangeOf(operation));
    if (Walk(value, *ParsePatchPath(path), 0, change) == 0) return DoesNotFit(path, "there is nothing to change");
  }
  return value.ToText();
}

absl::StatusOr<PatchMessage> DerivePatch(std::string_view before, std::string_view after) {
  OM_ASSIGN_OR_RETURN(JsonValue old_value, JsonValue::ParseObject(before));
  OM_ASSIGN_OR_RETURN(JsonValue new_value, JsonValue::ParseObject(after));
  Difference difference;
  difference.Compare("", old_value, new_value);
  if (difference.unsayable()) {
    return Refusal(absl::StatusCode::kFailedPrecondition, "NO_PATCH", "values of an array itself cannot be patched");
  }
  PatchMessage patch = difference.Take();
  if (patch.operations().empty()) {
    return Refusal(absl::StatusCode::kFailedPrecondition, "NO_EDIT", "the two payloads say the same");
  }
  return patch;
}

}  // namespace ordermesh::error_store
