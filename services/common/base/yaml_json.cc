#include "services/common/base/yaml_json.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

constexpr char kPlain[] = "?";
constexpr char kQuoted[] = "!";
constexpr char kTextTag[] = "tag:yaml.org,2002:str";

absl::Status BadYaml(const YAML::Mark& mark, std::string_view why) {
  const int line = mark.is_null() ? 0 : mark.line + 1;
  const int column = mark.is_null() ? 0 : mark.column + 1;
  const std::string where = line == 0 ? "" : absl::StrCat("line ", line, ", column ", column, ": ");
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_YAML",
                 absl::StrCat(where, absl::string_view(why.data(), why.size())),
                 {{"line", absl::StrCat(line)}, {"column", absl::StrCat(column)}});
}

size_t DigitsAt(std::string_view text, size_t at) {
  size_t count = 0;
  while (at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '9') ++count;
  return count;
}

// JSON's own grammar of a number.
bool IsJsonNumber(std::string_view text) {
  size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t whole = DigitsAt(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const size_t decimals = DigitsAt(text, at + 1);
    if (decimals == 0) return false;
    at += 1 + decimals;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = DigitsAt(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

class Converter {
 public:
  explicit Converter(const YamlBounds& bounds) : bounds_(bounds) {}

  absl::Status Append(const YAML::Node& node, int depth) {
    if (depth > bounds_.max_depth) {
      return BadYaml(node.Mark(), absl::StrCat("is nested deeper than ", bounds_.max_depth));
    }
    if (++values_ > bounds_.max_values || json_.size() > kJsonPerYamlByte * bounds_.max_bytes) {
      return BadYaml(node.Mark(), "holds too many values");
    }
    if (node.IsNull()) {
      json_ += "null";
      return absl::OkStatus();
    }
    if (node.IsScalar()) return AppendScalar(node);
    if (!IsOneOf(node.Tag(), {"", kPlain})) return BadYaml(node.Mark(), "has a tag; only !!str is read");
    return node.IsMap() ? AppendMap(node, depth) : AppendList(node, depth);
  }

  std::string Take() && { return std::move(json_); }

 private:
  // What escapes can make of a byte; aliases that repeat long texts are stopped here.
  static constexpr size_t kJsonPerYamlByte = 6;

  absl::Status AppendText(const YAML::Node& node) {
    // nlohmann throws where the text is no UTF-8.
    try {
      json_ += nlohmann::json(node.Scalar()).dump();
      return absl::OkStatus();
    } catch (const nlohmann::json::exception&) {
      return BadYaml(node.Mark(), "is not UTF-8");
    }
  }

  absl::Status AppendScalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (IsOneOf(node.Tag(), {kQuoted, kTextTag})) return AppendText(node);
    if (!IsOneOf(node.Tag(), {"", kPlain})) return BadYaml(node.Mark(), "has a tag; only !!str is read");
    if (IsOneOf(text, {"null", "Null", "NULL", "~", ""})) {
      json_ += "null";
    } else if (IsOneOf(text, {"true", "True", "TRUE"})) {
      json_ += "true";
    } else if (IsOneOf(text, {"false", "False", "FALSE"})) {
      json_ += "false";
    } else if (IsJsonNumber(text)) {
      json_ += text;
    } else if (IsOneOf(text, {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "-.inf", "-.Inf", "-.INF"})) {
      return BadYaml(node.Mark(), "is no finite number");
    } else {
      return AppendText(node);
    }
    return absl::OkStatus();
  }

  absl::Status AppendMap(const YAML::Node& node, int depth) {
    absl::flat_hash_set<std::string> keys;
    json_ += '{';
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) return BadYaml(pair.first.Mark(), "a key must be plain text");
      if (pair.first.Scalar() == "<<") return BadYaml(pair.first.Mark(), "merge keys are not read");
      if (!keys.insert(pair.first.Scalar()).second) {
        return BadYaml(pair.first.Mark(), absl::StrCat("the key '", pair.first.Scalar(), "' occurs twice"));
      }
      if (keys.size() > 1) json_ += ',';
      OM_RETURN_IF_ERROR(AppendText(pair.first));
      json_ += ':';
      OM_RETURN_IF_ERROR(Append(pair.second, depth + 1));
    }
    json_ += '}';
    return absl::OkStatus();
  }

  absl::Status AppendList(const YAML::Node& node, int depth) {
    json_ += '[';
    bool first = true;
    for (const YAML::Node& item : node) {
      if (!std::exchange(first, false)) json_ += ',';
      OM_RETURN_IF_ERROR(Append(item, depth + 1));
    }
    json_ += ']';
    return absl::OkStatus();
  }

  const YamlBounds& bounds_;
  size_t values_ = 0;
  std::string json_;
};

}  // namespace

absl::StatusOr<std::string> YamlToJson(std::string_view yaml, const YamlBounds& bounds) {
  if (yaml.size() > bounds.max_bytes) {
    return BadYaml(YAML::Mark::null_mark(), absl::StrCat("is longer than ", bounds.max_bytes, " bytes"));
  }
  // yaml-cpp throws; nothing above this function sees it.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1) return BadYaml(YAML::Mark::null_mark(), "must hold exactly one document");
    Converter converter(bounds);
    OM_RETURN_IF_ERROR(converter.Append(documents.front(), 1));
    return std::move(converter).Take();
  } catch (const YAML::Exception& fault) {
    return BadYaml(fault.mark, fault.msg);
  }
}

}  // namespace ordermesh
