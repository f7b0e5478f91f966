#include "services/error_store/domain/json_value.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::error_store {
namespace {

// The wrapper that makes any value an object.
constexpr char kValue[] = "v";

JsonValue Copy(const JsonDocument& document, const JsonNode& node) {
  JsonValue value;
  value.type = node.type;
  value.text = node.text;
  value.children.reserve(node.children);
  for (const JsonNode* child = document.FirstChild(node); child != nullptr; child = document.Next(*child)) {
    value.children.emplace_back(std::string(child->name), Copy(document, *child));
  }
  return value;
}

void AppendString(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      out += c;
    }
  }
  out += '"';
}

void Append(const JsonValue& value, std::string& out) {
  if (value.type == JsonType::kString) return AppendString(value.text, out);
  if (value.IsScalar()) {
    out += value.text;
    return;
  }
  const bool is_object = value.type == JsonType::kObject;
  out += is_object ? '{' : '[';
  bool first = true;
  for (const auto& [name, child] : value.children) {
    if (!std::exchange(first, false)) out += ',';
    if (is_object) {
      AppendString(name, out);
      out += ':';
    }
    Append(child, out);
  }
  out += is_object ? '}' : ']';
}

}  // namespace

absl::StatusOr<JsonValue> JsonValue::ParseObject(std::string_view payload) {
  // Made anew: this is for people's edits, not for orders.
  JsonDocument document;
  if (!document.Parse(payload)) return InvalidField("raw_payload", document.error());
  return Copy(document, document.root());
}

absl::StatusOr<JsonValue> JsonValue::ParseValue(std::string_view text) {
  const std::string wrapped = absl::StrCat("{\"", kValue, "\":", absl::string_view(text.data(), text.size()), "}");
  JsonDocument document;
  const JsonNode* value = document.Parse(wrapped) ? document.Member(document.root(), kValue) : nullptr;
  if (value == nullptr || document.root().children != 1) return InvalidField("value", "must be one JSON value");
  return Copy(document, *value);
}

std::string JsonValue::ToText() const {
  std::string out;
  Append(*this, out);
  return out;
}

JsonValue* JsonValue::Member(std::string_view name) {
  if (type != JsonType::kObject) return nullptr;
  for (auto& [member, value] : children) {
    if (member == name) return &value;
  }
  return nullptr;
}

}  // namespace ordermesh::error_store
