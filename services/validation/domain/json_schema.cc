#include "services/validation/domain/json_schema.h"

// Without it the library aborts on a bad schema.
#define VALIJSON_USE_EXCEPTIONS 1

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::validation {
namespace {

using Json = nlohmann::json;

constexpr std::array<const char*, 5> kRefused = {"$ref", "pattern", "patternProperties", "format", "uniqueItems"};
constexpr int kMaxSchemaDepth = 32;

absl::Status BadSchema(std::string_view why) { return InvalidField("schema", why); }

// Schemas are documents of ours or of an operator: what is looked for are keywords, also where a property has their
// name.
absl::Status RefuseKeywords(const Json& schema, int depth) {
  if (depth > kMaxSchemaDepth) return BadSchema("the schema is nested more than 32 deep");
  for (const auto& item : schema.items()) {
    for (const char* keyword : kRefused) {
      if (schema.is_object() && item.key() == keyword) {
        return BadSchema(
            absl::StrCat("'", keyword, "' is not supported: its cost is not bounded; use the mapping's rules"));
      }
    }
    if (item.value().is_structured()) OM_RETURN_IF_ERROR(RefuseKeywords(item.value(), depth + 1));
  }
  return absl::OkStatus();
}

Json NumberOf(std::string_view text) {
  int64_t whole = 0;
  if (absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &whole)) return whole;
  return std::strtod(std::string(text).c_str(), nullptr);
}

Json ToJson(const JsonDocument& document, const JsonNode& node) {
  switch (node.type) {
    case JsonType::kObject: {
      Json object = Json::object();
      for (const JsonNode* at = document.FirstChild(node); at != nullptr; at = document.Next(*at)) {
        object[std::string(at->name)] = ToJson(document, *at);
      }
      return object;
    }
    case JsonType::kArray: {
      Json array = Json::array();
      for (const JsonNode* at = document.FirstChild(node); at != nullptr; at = document.Next(*at)) {
        array.push_back(ToJson(document, *at));
      }
      return array;
    }
    case JsonType::kString:
      return std::string(node.text);
    case JsonType::kNumber:
      return NumberOf(node.text);
    case JsonType::kBool:
      return node.text == "true";
    case JsonType::kNull:
      return nullptr;
  }
  return nullptr;
}

using Context = std::vector<std::string>;

// The name of the last member in a context such as <root> [items] [0] [price], and the line where it is about an
// element.
std::pair<std::string, int> PlaceOf(const Context& context) {
  std::string name;
  int line = 0;
  for (const std::string& step : context) {
    if (step.size() < 3 || step.front() != '[') continue;
    const std::string inside = step.substr(1, step.size() - 2);
    int index = 0;
    if (!absl::SimpleAtoi(inside, &index)) {
      name = inside;
    } else if (line == 0) {
      line = index + 1;
    }
  }
  return {name, line};
}

// The library repeats a fault for every container around it.
bool OnlyRepeats(const valijson::ValidationResults::Error& fault, const std::vector<Context>& reported) {
  if (fault.description.rfind("Failed to validate", 0) != 0) return false;
  return std::any_of(reported.begin(), reported.end(), [&fault](const Context& inner) {
    return inner.size() > fault.context.size() && std::equal(fault.context.begin(), fault.context.end(), inner.begin());
  });
}

}  // namespace

struct JsonSchema::Compiled {
  valijson::Schema schema;
};

JsonSchema::JsonSchema() : compiled_(std::make_unique<Compiled>()) {}
JsonSchema::~JsonSchema() = default;

absl::StatusOr<std::shared_ptr<const JsonSchema>> JsonSchema::Compile(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return BadSchema("the schema is not a JSON object");
  OM_RETURN_IF_ERROR(RefuseKeywords(json, 0));
  std::shared_ptr<JsonSchema> schema(new JsonSchema());
  try {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json), schema->compiled_->schema);
  } catch (const std::exception& fault) {
    return BadSchema(fault.what());
  }
  return std::shared_ptr<const JsonSchema>(std::move(schema));
}

void JsonSchema::Check(const JsonDocument& document, Violations& violations) const {
  const Json payload = ToJson(document, document.root());
  valijson::Validator validator;
  valijson::ValidationResults results;
  try {
    if (validator.validate(compiled_->schema, valijson::adapters::NlohmannJsonAdapter(payload), &results)) return;
  } catch (const std::exception& fault) {
    violations.Add(Violation::SCHEMA, "", 0, fault.what());
    return;
  }
  std::vector<Context> reported;
  for (const auto& fault : results) {
    if (OnlyRepeats(fault, reported)) continue;
    const auto [name, line] = PlaceOf(fault.context);
    violations.Add(Violation::SCHEMA, name, line, fault.description);
    reported.push_back(fault.context);
  }
}

}  // namespace ordermesh::validation
