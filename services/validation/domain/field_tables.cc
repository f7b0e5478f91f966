// The parts of a field that make texts others: `replace` and `lookup`.
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/validation/domain/field_compiler.h"

namespace ordermesh::validation {
namespace {

constexpr size_t kMaxTableEntries = 10'000;

}  // namespace

std::shared_ptr<const LookupTable> ReadTable(const YAML::Node& node, std::string_view what, ProblemLog& problems) {
  auto table = std::make_shared<LookupTable>();
  YamlMap rows(node, what, problems);
  if (rows.entries().size() > kMaxTableEntries) {
    problems.Add(node, absl::StrCat(std::string(what), " has at most 10000 entries"));
  }
  for (const YamlMap::Entry& row : rows.entries()) {
    auto value = ReadScalar(row.value, "an entry of a table", problems);
    if (value.has_value()) table->entries.emplace(row.key, *std::move(value));
  }
  return table;
}

void FieldCompiler::ReadReplace(YamlMap& map, FieldPlan& plan) {
  const auto node = map.Take("replace");
  if (!node.has_value()) return;
  if (plan.source.kind == ValueSource::Kind::kConstant) problems_.Add(*node, "a constant needs no replace");
  plan.replace = ReadTable(*node, "replace", problems_);
  if (node->IsMap() && plan.replace->entries.empty()) problems_.Add(*node, "replace has at least one entry");
  for (const auto& [from, to] : plan.replace->entries) {
    if (from.empty()) problems_.Add(*node, "an empty text is a missing value: default says what it becomes");
  }
}

void FieldCompiler::ReadLookup(YamlMap& map, FieldPlan& plan) {
  if (const auto node = map.Take("lookup"); node.has_value()) {
    const std::string name = ReadScalar(*node, "lookup", problems_).value_or("");
    const auto table = tables_.find(name);
    if (table == tables_.end()) {
      problems_.Add(*node, absl::StrCat("there is no table '", name, "' under tables"));
    } else {
      plan.lookup = table->second;
    }
  }
  if (const auto node = map.Take("otherwise"); node.has_value()) {
    plan.otherwise = ReadScalar(*node, "otherwise", problems_);
    if (plan.lookup == nullptr) problems_.Add(*node, "otherwise needs a lookup");
  }
}

}  // namespace ordermesh::validation
