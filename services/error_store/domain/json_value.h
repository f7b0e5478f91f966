// A payload as a tree that can be changed: numbers stay as they are written, members in their order.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/json_document.h"

namespace ordermesh::error_store {

struct JsonValue {
  JsonType type = JsonType::kNull;
  // A string's unescaped text; the text of a number, true, false or null.
  std::string text;
  // Of an object: names and values. Of an array: values without names.
  std::vector<std::pair<std::string, JsonValue>> children;

  // INVALID_ARGUMENT where it is no JSON object in UTF-8 (json_document.h).
  static absl::StatusOr<JsonValue> ParseObject(std::string_view payload);
  // Any JSON value.
  static absl::StatusOr<JsonValue> ParseValue(std::string_view text);

  // Without spaces.
  std::string ToText() const;

  bool IsScalar() const { return type != JsonType::kObject && type != JsonType::kArray; }
  // Of an object; null where there is none.
  JsonValue* Member(std::string_view name);

  friend bool operator==(const JsonValue&, const JsonValue&) = default;
};

}  // namespace ordermesh::error_store
