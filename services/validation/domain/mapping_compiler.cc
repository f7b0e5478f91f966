#include "services/validation/domain/mapping_compiler.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/validation/domain/field_compiler.h"

namespace ordermesh::validation {
namespace {

constexpr size_t kMaxFields = 64;
constexpr size_t kMaxRules = 64;
constexpr size_t kMaxTables = 32;
constexpr size_t kMaxRuleBytes = 1'024;

std::optional<Target> TargetOf(std::string_view name) {
  for (int i = 1; i < kTargets; ++i) {
    if (TargetName(static_cast<Target>(i)) == name) return static_cast<Target>(i);
  }
  return std::nullopt;
}

bool IsLineTarget(Target target) {
  return target == Target::kProductId || target == Target::kQuantity || target == Target::kUnitPrice;
}

bool IsPartnerId(std::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '-';
  });
  return plain && !id.empty() && id.size() <= kMaxPartnerIdBytes;
}

class MappingCompiler {
 public:
  MappingCompiler(const ConfigFiles& files, ProblemLog& problems)
      : files_(files), problems_(problems), fields_(tables_, problems) {}

  void Compile(const YAML::Node& root) {
    YamlMap map(root, "the mapping", problems_);
    if (!map.is_map()) return;
    ReadHead(map);
    ReadTables(map);
    if (const auto node = map.Take("fields"); node.has_value()) ReadFields(*node, "fields", false, plan_.order_fields);
    if (const auto node = map.Take("checks"); node.has_value()) ReadChecks(*node, plan_.order_fields);
    ReadLines(map);
    ReadRules(map);
    if (const auto node = map.Take("amounts"); node.has_value()) ReadAmounts(*node);
    if (const auto node = map.Take("schema"); node.has_value()) ReadSchema(*node);
    ReadUnknown(map);
    map.RefuseRest();
    CheckWhole(root);
    plan_.unique_slots = fields_.unique_slots();
  }

  MappingPlan Take() {
    for (int i = 0; i < kTargets; ++i) plan_.typed_rules[i] = DefaultRules(static_cast<Target>(i));
    for (const auto* fields : {&plan_.line_fields, &plan_.order_fields}) {
      for (const FieldPlan& field : *fields) plan_.typed_rules[static_cast<size_t>(field.target)] = field.rules;
    }
    return std::move(plan_);
  }

 private:
  void ReadHead(YamlMap& map) {
    // The partner's config has the version; a folder may still carry a number for people.
    if (const auto node = map.Take("version"); node.has_value()) {
      ReadInteger(*node, "version", 1, std::numeric_limits<int32_t>::max(), problems_);
    }
    if (const auto node = map.Take("numbered"); node.has_value()) {
      plan_.numbered = ReadBool(*node, "numbered", problems_).value_or(false);
    }
    if (const auto node = map.Take("csv"); node.has_value()) {
      // The importer groups rows by this column; a payload is mapped the same whatever file it came from.
      YamlMap csv(*node, "csv", problems_);
      const auto column = csv.Take("group_by");
      const std::string name = column.has_value() ? ReadScalar(*column, "group_by", problems_).value_or("") : "";
      if (name.empty()) problems_.Add(*node, "csv needs group_by: the column whose value an order's rows share");
      csv.RefuseRest();
    }
  }

  void ReadTables(YamlMap& map) {
    const auto node = map.Take("tables");
    if (!node.has_value()) return;
    YamlMap tables(*node, "tables", problems_);
    if (tables.entries().size() > kMaxTables) problems_.Add(*node, "there are at most 32 tables");
    for (const YamlMap::Entry& entry : tables.entries()) {
      tables_.emplace(entry.key, ReadTable(entry.value, "a table", problems_));
    }
  }

  void ReadFields(const YAML::Node& node, std::string_view what, bool in_lines, std::vector<FieldPlan>& plans) {
    YamlMap map(node, what, problems_);
    fields_.SetInLines(in_lines);
    for (const YamlMap::Entry& entry : map.entries()) {
      const auto target = TargetOf(entry.key);
      if (!target.has_value()) {
        problems_.Add(entry.key_node,
                      absl::StrCat("there is no field '", entry.key,
                                   "'; fields are externalOrderId, sequenceNumber, customerId, taxRate, "
                                   "currency, transactionTime and of lines productId, quantity, unitPrice"));
        continue;
      }
      if (IsLineTarget(*target) && !in_lines) {
        problems_.Add(entry.key_node, absl::StrCat("'", entry.key, "' belongs under lines: fields:"));
      }
      if (Has(*target)) problems_.Add(entry.key_node, absl::StrCat("'", entry.key, "' is given twice"));
      FieldPlan plan = fields_.Compile(*target, entry.value);
      // The price is stored with the order's currency, so the currency is read first.
      plans.insert(*target == Target::kCurrency ? plans.begin() : plans.end(), std::move(plan));
    }
  }

  void ReadChecks(const YAML::Node& node, std::vector<FieldPlan>& plans) {
    if (!node.IsSequence() || node.size() > kMaxFields) {
      problems_.Add(node, "checks must be a list of at most 64 checks");
      return;
    }
    for (const YAML::Node& item : node) plans.push_back(fields_.CompileCheck(item));
  }

  void ReadLines(YamlMap& map) {
    const auto node = map.Take("lines");
    if (!node.has_value()) return;
    YamlMap lines(*node, "lines", problems_);
    if (const auto from = lines.Take("from"); from.has_value()) {
      auto path = PayloadPath::Parse(ReadScalar(*from, "from", problems_).value_or(""));
      if (path.ok()) {
        plan_.lines_path = *std::move(path);
        plan_.lines_name = std::string(plan_.lines_path->LastName());
      } else {
        problems_.Add(*from, std::string(path.status().message()));
      }
    }
    const auto min = lines.Take("min");
    const auto max = lines.Take("max");
    const auto most = static_cast<int64_t>(kMaxLines);
    if (min.has_value())
      plan_.min_lines = static_cast<size_t>(ReadInteger(*min, "min", 1, most, problems_).value_or(1));
    if (max.has_value())
      plan_.max_lines = static_cast<size_t>(ReadInteger(*max, "max", 1, most, problems_).value_or(1));
    if (plan_.min_lines > plan_.max_lines) problems_.Add(*node, "min lies above max");
    if (const auto fields = lines.Take("fields"); fields.has_value()) {
      ReadFields(*fields, "fields of lines", true, plan_.line_fields);
    }
    if (const auto checks = lines.Take("checks"); checks.has_value()) {
      fields_.SetInLines(true);
      ReadChecks(*checks, plan_.line_fields);
    }
    lines.RefuseRest();
  }

  void ReadRules(YamlMap& map) {
    const auto node = map.Take("rules");
    if (!node.has_value()) return;
    if (!node->IsSequence() || node->size() > kMaxRules) {
      problems_.Add(*node, "rules must be a list of at most 64 rules");
      return;
    }
    for (const YAML::Node& item : *node) ReadRule(item);
  }

  void ReadRule(const YAML::Node& node) {
    YamlMap map(node, "a rule", problems_);
    const auto field = map.Take("field");
    const auto check = map.Take("check");
    const auto tolerance = map.Take("tolerance");
    const auto code = map.Take("code");
    const auto message = map.Take("message");
    map.RefuseRest();
    if (!field.has_value() || !check.has_value()) {
      problems_.Add(node, "a rule needs field and check");
      return;
    }
    CrossRule rule;
    rule.field = ReadScalar(*field, "field", problems_).value_or("");
    if (rule.field.empty() || rule.field.size() > kMaxIdBytes) problems_.Add(*field, "field has 1 to 128 bytes");
    rule.message = "the rule does not hold";
    if (message.has_value()) rule.message = ReadScalar(*message, "message", problems_).value_or("");
    if (code.has_value()) {
      const std::string name = ReadScalar(*code, "code", problems_).value_or("");
      if (name != "MISMATCH" && name != "RANGE") problems_.Add(*code, "code must be MISMATCH or RANGE");
      if (name == "RANGE") rule.code = Violation::RANGE;
    }
    Decimal allowed;
    if (tolerance.has_value()) allowed = ReadDecimal(*tolerance, "tolerance", problems_).value_or(Decimal());
    if (allowed.Sign() < 0) problems_.Add(*tolerance, "tolerance must not be negative");
    const std::string text = ReadScalar(*check, "check", problems_).value_or("");
    auto expression = RuleExpression::Compile(std::string_view(text).substr(0, kMaxRuleBytes), allowed);
    if (text.size() > kMaxRuleBytes) problems_.Add(*check, "check has at most 1024 bytes");
    if (!expression.ok()) {
      problems_.Add(*check, std::string(expression.status().message()));
      return;
    }
    rule.expression = *std::move(expression);
    plan_.rules.push_back(std::move(rule));
  }

  void ReadAmounts(const YAML::Node& node) {
    YamlMap map(node, "amounts", problems_);
    if (const auto round = map.Take("round"); round.has_value()) {
      AmountRounding rounding;
      if (ReadRounding(*round, rounding.decimals, rounding.mode, problems_)) plan_.rounding = rounding;
    }
    map.RefuseRest();
  }

  void ReadSchema(const YAML::Node& node) {
    const std::string path = ReadScalar(node, "schema", problems_).value_or("");
    const v1::ConfigFile* file = FindFile(files_, path);
    if (file == nullptr) {
      problems_.Add(node, absl::StrCat("the folder has no file '", path, "'"));
      return;
    }
    auto schema = JsonSchema::Compile(file->content());
    if (schema.ok()) {
      plan_.schema = *std::move(schema);
      return;
    }
    problems_.SetFile(path);
    problems_.Add(std::string(schema.status().message()));
    problems_.SetFile(kMappingFile);
  }

  void ReadUnknown(YamlMap& map) {
    const auto unknown = map.Take("unknown");
    const auto known = map.Take("known");
    if (unknown.has_value()) {
      const std::string mode = ReadScalar(*unknown, "unknown", problems_).value_or("");
      if (mode != "ignore" && mode != "reject") problems_.Add(*unknown, "unknown must be ignore or reject");
      if (mode == "reject") plan_.known.emplace();
    }
    if (known.has_value() && !plan_.known.has_value()) problems_.Add(*known, "known needs unknown: reject");
    if (!plan_.known.has_value()) return;
    AddPaths(plan_.order_fields, PayloadPath());
    if (plan_.lines_path.has_value()) plan_.known->Add(*plan_.lines_path);
    AddPaths(plan_.line_fields, plan_.lines_path.value_or(PayloadPath()));
    for (const CrossRule& rule : plan_.rules) {
      for (const PayloadPath& path : rule.expression.paths()) plan_.known->Add(path);
    }
    if (!known.has_value()) return;
    for (const std::string& text : ReadScalars(*known, "known", 1'000, problems_)) {
      const auto path = PayloadPath::Parse(text);
      if (path.ok()) plan_.known->Add(*path);
      if (!path.ok()) problems_.Add(*known, std::string(path.status().message()));
    }
  }

  void AddPaths(const std::vector<FieldPlan>& fields, const PayloadPath& base) {
    for (const FieldPlan& field : fields) {
      if (field.source.kind == ValueSource::Kind::kPath) plan_.known->Add(base.Join(field.source.path));
      for (const ValueSource::Part& part : field.source.parts) {
        if (part.path.has_value()) plan_.known->Add(base.Join(*part.path));
      }
    }
  }

  bool Has(Target target) const {
    const auto is_target = [target](const FieldPlan& field) { return field.target == target; };
    return std::any_of(plan_.order_fields.begin(), plan_.order_fields.end(), is_target) ||
           std::any_of(plan_.line_fields.begin(), plan_.line_fields.end(), is_target);
  }

  void CheckWhole(const YAML::Node& root) {
    for (int i = 1; i < kTargets; ++i) {
      const auto target = static_cast<Target>(i);
      const bool needed = target == Target::kSequenceNumber ? plan_.numbered : target != Target::kTaxRate;
      if (needed && !Has(target)) {
        problems_.Add(root,
                      absl::StrCat("the mapping does not say where ", std::string(TargetName(target)), " comes from"));
      }
    }
    if (!plan_.numbered && Has(Target::kSequenceNumber)) {
      problems_.Add(root, "sequenceNumber is for partners with numbered: true");
    }
  }

  const ConfigFiles& files_;
  ProblemLog& problems_;
  FieldCompiler::Tables tables_;
  FieldCompiler fields_;
  MappingPlan plan_;
};

bool CheckSizes(const ConfigFiles& files, ProblemLog& problems) {
  if (files.size() > kMaxFolderFiles) problems.Add("a folder has at most 200 files");
  for (const v1::ConfigFile& file : files) {
    if (file.content().size() > kMaxConfigFileBytes) {
      problems.SetFile(file.path());
      problems.Add("a file has at most 1 MiB");
    }
  }
  return problems.count() == 0;
}

}  // namespace

const v1::ConfigFile* FindFile(const ConfigFiles& files, std::string_view path) {
  for (const v1::ConfigFile& file : files) {
    if (file.path() == path) return &file;
  }
  return nullptr;
}

std::optional<MappingPlan> CompileMapping(std::string_view partner_id, const ConfigFiles& files, ProblemLog& problems) {
  problems.SetFile(kMappingFile);
  if (!IsPartnerId(partner_id)) problems.Add("a partner's id is 1 to 64 lower-case letters, digits and dashes");
  if (!CheckSizes(files, problems)) return std::nullopt;
  const v1::ConfigFile* file = FindFile(files, kMappingFile);
  if (file == nullptr) {
    problems.Add("the folder has no mapping.yaml");
    return std::nullopt;
  }
  const auto root = ParseYaml(file->content(), problems);
  if (!root.has_value()) return std::nullopt;
  MappingCompiler compiler(files, problems);
  compiler.Compile(*root);
  if (problems.count() > 0) return std::nullopt;
  return compiler.Take();
}

}  // namespace ordermesh::validation
