// Compiles one field of a mapping: where it comes from, how it is read, what it must satisfy.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "services/validation/domain/field_plan.h"
#include "services/validation/domain/yaml_reader.h"

namespace ordermesh::validation {

class FieldCompiler {
 public:
  using Tables = absl::flat_hash_map<std::string, std::shared_ptr<const LookupTable>>;

  // `tables` and `problems` must outlive the compiler.
  FieldCompiler(const Tables& tables, ProblemLog& problems) : tables_(tables), problems_(problems) {}

  // Compiles a canonical field: a path alone, or a map of the keys in docs/mapping.md. Faults go to the log; the plan
  // may then be incomplete.
  FieldPlan Compile(Target target, const YAML::Node& node);
  // Compiles an entry of `checks`, which has a name and a type besides.
  FieldPlan CompileCheck(const YAML::Node& node);
  // Only lines can have the unique rule.
  void SetInLines(bool in_lines) { in_lines_ = in_lines; }

  int unique_slots() const { return unique_slots_; }

 private:
  void ReadBody(YamlMap& map, FieldPlan& plan);
  void ReadSource(YamlMap& map, FieldPlan& plan);
  void ReadConcat(const YAML::Node& node, FieldPlan& plan);
  void ReadAccept(YamlMap& map, FieldPlan& plan);
  void ReadClean(YamlMap& map, FieldPlan& plan);
  void ReadCleanStep(const YAML::Node& node, FieldPlan& plan);
  void ReadReplace(YamlMap& map, FieldPlan& plan);
  void ReadLookup(YamlMap& map, FieldPlan& plan);
  void ReadScaling(YamlMap& map, FieldPlan& plan);
  void ReadDate(YamlMap& map, FieldPlan& plan);
  void ReadRange(YamlMap& map, FieldPlan& plan);
  void ReadTextRules(YamlMap& map, FieldPlan& plan);
  void ReadWindow(YamlMap& map, FieldPlan& plan);
  void ReadUnique(YamlMap& map, FieldPlan& plan);
  void CheckConstant(const YAML::Node& at, const FieldPlan& plan);
  std::optional<PayloadPath> ReadPath(const YAML::Node& node);

  const Tables& tables_;
  ProblemLog& problems_;
  bool in_lines_ = false;
  int unique_slots_ = 0;
};

// A map of texts to texts; `what` is what its faults call it.
std::shared_ptr<const LookupTable> ReadTable(const YAML::Node& node, std::string_view what, ProblemLog& problems);

// The name of a rounding in the mapping language: `half_up`.
std::string_view RoundingName(Rounding mode);

// Reads `{decimals: 2, mode: half_up}`; false with a fault in the log.
bool ReadRounding(const YAML::Node& node, int& decimals, Rounding& mode, ProblemLog& problems);

}  // namespace ordermesh::validation
