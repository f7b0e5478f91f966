#include "services/validation/domain/example_draft.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/validation/domain/yaml_editor.h"

namespace ordermesh::validation {
namespace {

const YamlPath kVerdict = {std::string("expect"), std::string("verdict")};
const YamlPath kViolations = {std::string("expect"), std::string("violations")};

std::string TextAt(const YamlEditor& editor, size_t item, const std::string& key) {
  YamlPath path = kViolations;
  path.emplace_back(item);
  path.emplace_back(key);
  const YAML::Node node = editor.Find(path);
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : "";
}

bool IsExpected(const YamlEditor& editor, size_t item, const Violation& found) {
  const std::string line = TextAt(editor, item, "line");
  return TextAt(editor, item, "field") == found.field() &&
         TextAt(editor, item, "code") == Violation::Code_Name(found.code()) &&
         (line.empty() ? found.line() == 0 : line == std::to_string(found.line()));
}

}  // namespace

std::optional<FittedExample> FitExample(const std::string& example, const ViolationList& found,
                                        const std::set<std::string>& fields) {
  auto editor = YamlEditor::Open(example);
  if (!editor.has_value()) return std::nullopt;
  const YAML::Node expected = editor->Find(kViolations);
  if (!expected.IsDefined() || !expected.IsSequence()) return std::nullopt;
  int next = 0;
  std::vector<size_t> cured;
  FittedExample fitted;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (next < found.size() && IsExpected(*editor, i, found.Get(next))) {
      ++next;
      continue;
    }
    const std::string field = TextAt(*editor, i, "field");
    if (fields.count(field) == 0) return std::nullopt;
    const std::string line = TextAt(*editor, i, "line");
    absl::StrAppend(&fitted.cured, fitted.cured.empty() ? "" : ", ", TextAt(*editor, i, "code"), " ", field,
                    line.empty() ? "" : " line ", line);
    cured.push_back(i);
  }
  if (next < found.size() || cured.empty()) return std::nullopt;
  // From behind, so that the places before stay.
  for (auto item = cured.rbegin(); item != cured.rend(); ++item) {
    if (!editor->RemoveItem(kViolations, *item)) return std::nullopt;
  }
  if (found.empty() && !editor->SetScalar(kVerdict, "VALID")) return std::nullopt;
  fitted.content = editor->text();
  return fitted;
}

NewExample MakeExample(const v1::MappingTrial& trial, const Violation& before, const order::v1::Order& order,
                       const std::set<std::string>& fields, absl::Time now) {
  NewExample example;
  const std::string name = absl::StrCat("examples/error-", trial.error_id());
  example.path = name + ".yaml";
  example.payload_path = name + ".json";
  const std::string customer =
      fields.count("customerId") == 0 ? "" : absl::StrCat(", customerId: ", YamlScalar(order.customer_id()));
  const std::string currency =
      fields.count("currency") == 0 ? "" : absl::StrCat(", currency: ", YamlScalar(order.currency()));
  example.content =
      absl::StrCat("description: ",
                   YamlScalar(absl::StrCat("Made of an error's payload, which was refused before: ",
                                           Violation::Code_Name(before.code()), " ", before.field(), ".")),
                   "\npayload_file: ", YamlScalar(example.payload_path),
                   "\nnow: ", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone()),
                   "\nexpect:\n  verdict: VALID\n  order: {externalOrderId: ", YamlScalar(order.external_order_id()),
                   customer, currency, "}\n");
  return example;
}

}  // namespace ordermesh::validation
