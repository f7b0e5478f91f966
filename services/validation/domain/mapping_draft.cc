#include "services/validation/domain/mapping_draft.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/errors.h"
#include "services/validation/domain/draft_operation.h"
#include "services/validation/domain/mapping_compiler.h"
#include "services/validation/domain/yaml_editor.h"

namespace ordermesh::validation {
namespace {

// A field or check of the mapping: what it is and where it is written.
struct Reader {
  const FieldPlan* plan = nullptr;
  YamlPath at;
  bool in_lines = false;
};

// How the path of an operation lies to that of a field.
enum class Relation {
  kElsewhere,
  kSame,
  // The operation changes what the field's value is a part of.
  kAround,
  // The operation changes some elements, the field reads them all.
  kSome,
};

std::vector<PatchStep> StepsOf(const PayloadPath& path) {
  std::vector<PatchStep> steps;
  for (const PayloadPath::Step& step : path.steps()) {
    PatchStep same{.name = step.name, .index = {}, .every = false};
    if (step.is_index) same.index = step.index;
    steps.push_back(std::move(same));
  }
  return steps;
}

Relation Compare(const std::vector<PatchStep>& operation, const std::vector<PatchStep>& field) {
  bool some = false;
  for (size_t i = 0; i < operation.size(); ++i) {
    if (i == field.size()) return Relation::kElsewhere;
    if (operation[i].name != field[i].name) return Relation::kElsewhere;
    if (operation[i].every || !operation[i].name.empty()) continue;
    if (field[i].every) some = true;
    if (!field[i].every && operation[i].index != field[i].index) return Relation::kElsewhere;
  }
  if (some) return Relation::kSome;
  return operation.size() < field.size() ? Relation::kAround : Relation::kSame;
}

// Rules look through arrays: elements do not count.
std::vector<std::string> Names(const std::vector<PatchStep>& steps) {
  std::vector<std::string> names;
  for (const PatchStep& step : steps) {
    if (!step.name.empty()) names.push_back(step.name);
  }
  return names;
}

bool OneLeadsToTheOther(const std::vector<PatchStep>& a, const std::vector<PatchStep>& b) {
  const std::vector<std::string> left = Names(a);
  const std::vector<std::string> right = Names(b);
  return std::equal(left.begin(), left.begin() + static_cast<ptrdiff_t>(std::min(left.size(), right.size())),
                    right.begin());
}

std::string Shown(std::string_view text) { return YamlScalar(text); }

std::string_view TypeName(JsonType type) {
  return type == JsonType::kNumber ? "numbers" : type == JsonType::kBool ? "true and false" : "texts";
}

class Drafter {
 public:
  Drafter(const MappingPlan& plan, YamlEditor editor) : plan_(plan), editor_(std::move(editor)) {
    AddReaders(plan.order_fields, {}, false);
    AddReaders(plan.line_fields, {"lines"}, true);
  }

  absl::Status Do(const DraftOperation& operation) {
    if (operation.removes) return Remove(operation);
    OM_RETURN_IF_ERROR(RefuseOtherReaders(operation));
    bool found = false;
    for (const Reader& reader : readers_) {
      OM_ASSIGN_OR_RETURN(const bool reads, Reads(operation, reader));
      if (!reads) continue;
      found = true;
      OM_RETURN_IF_ERROR(ChangeField(operation, reader));
    }
    return found ? absl::OkStatus() : NotExpressible(operation, "no field of the mapping reads it");
  }

  MappingDraft Take() {
    draft_.mapping = editor_.text();
    return std::move(draft_);
  }

 private:
  // The checks are those of a list without target, in their order.
  void AddReaders(const std::vector<FieldPlan>& plans, const YamlPath& base, bool in_lines) {
    size_t checks = 0;
    for (const FieldPlan& plan : plans) {
      Reader reader{&plan, base, in_lines};
      const bool is_check = plan.target == Target::kCheckOnly;
      reader.at.emplace_back(std::string(is_check ? "checks" : "fields"));
      if (is_check) reader.at.emplace_back(checks++);
      if (!is_check) reader.at.emplace_back(std::string(TargetName(plan.target)));
      readers_.push_back(std::move(reader));
    }
  }

  // The path from the payload's root.
  std::vector<PatchStep> Whole(const Reader& reader, const PayloadPath& path) const {
    std::vector<PatchStep> steps;
    if (reader.in_lines && plan_.lines_path.has_value()) {
      steps = StepsOf(*plan_.lines_path);
      steps.push_back({.name = {}, .index = {}, .every = true});
    }
    const std::vector<PatchStep> inner = StepsOf(path);
    steps.insert(steps.end(), inner.begin(), inner.end());
    return steps;
  }

  // Whether the field reads what the operation changes; refused where it does in a way that no key says.
  absl::StatusOr<bool> Reads(const DraftOperation& operation, const Reader& reader) const {
    const std::string& name = reader.plan->rules.name;
    for (const ValueSource::Part& part : reader.plan->source.parts) {
      if (part.path.has_value() && Compare(operation.steps, Whole(reader, *part.path)) != Relation::kElsewhere) {
        return NotExpressible(operation, absl::StrCat(name, " joins it with other values"));
      }
    }
    if (reader.plan->source.kind != ValueSource::Kind::kPath) return false;
    switch (Compare(operation.steps, Whole(reader, reader.plan->source.path))) {
      case Relation::kElsewhere:
        return false;
      case Relation::kAround:
        return NotExpressible(operation, absl::StrCat(name, " is read from inside it"));
      case Relation::kSome:
        return NotExpressible(operation,
                              absl::StrCat("it names some elements, and ", name, " is read from all of them alike"));
      default:
        break;
    }
    if (reader.plan->target == Target::kExternalOrderId) {
      return NotExpressible(operation,
                            "externalOrderId is made of it, and must be made in the same way for ever: otherwise "
                            "replays of stored orders could not be recognised");
    }
    return true;
  }

  // What reads payloads besides the fields, and would go on seeing them as they come.
  absl::Status RefuseOtherReaders(const DraftOperation& operation) const {
    for (const CrossRule& rule : plan_.rules) {
      for (const PayloadPath& path : rule.expression.paths()) {
        if (!OneLeadsToTheOther(operation.steps, StepsOf(path))) continue;
        return NotExpressible(operation,
                              absl::StrCat("the rule on ", rule.field, " reads it too, from the payload as it comes"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckType(const DraftOperation& operation, const Reader& reader, const PatchValue& value) const {
    if (value.IsMissing() || (reader.plan->accepted >> static_cast<int>(value.type) & 1) != 0) return absl::OkStatus();
    return NotExpressible(operation,
                          absl::StrCat(reader.plan->rules.name, " takes no ", std::string(TypeName(value.type)),
                                       " there; `accept` says which types it takes"));
  }

  // Neither default nor replace is cleaned.
  static std::string Cleaned(const Reader& reader, const PatchValue& value) {
    if (value.IsMissing()) return "";
    std::string buffer;
    return std::string(reader.plan->cleaning.Apply(value.text, buffer));
  }

  absl::Status ChangeField(const DraftOperation& operation, const Reader& reader) {
    if (operation.fill.has_value()) OM_RETURN_IF_ERROR(Fill(operation, reader, *operation.fill));
    if (!operation.changes.empty()) OM_RETURN_IF_ERROR(Replace(operation, reader));
    draft_.fields.insert(reader.plan->rules.name);
    return absl::OkStatus();
  }

  absl::Status Fill(const DraftOperation& operation, const Reader& reader, const PatchValue& value) {
    const std::string& name = reader.plan->rules.name;
    OM_RETURN_IF_ERROR(CheckType(operation, reader, value));
    const std::string text = Cleaned(reader, value);
    if (text.empty())
      return NotExpressible(operation, absl::StrCat("`clean` of ", name, " leaves nothing of the value"));
    YamlPath at = reader.at;
    at.emplace_back(std::string("default"));
    if (editor_.Find(at).IsDefined()) {
      return NotExpressible(operation,
                            absl::StrCat(name, " has a default already: ", Shown(editor_.Find(at).Scalar())));
    }
    if (!editor_.AddKey(reader.at, "from", "default", ScalarFor(reader, text))) return CannotWrite(operation, name);
    draft_.effects.push_back(absl::StrCat(
        name, " of every future order is ", Shown(text), " where ", operation.path, " is missing, null or empty",
        operation.overwrites ? "; a value that is there stays, where the patch would overwrite it" : "", "."));
    return absl::OkStatus();
  }

  absl::Status Replace(const DraftOperation& operation, const Reader& reader) {
    const std::string& name = reader.plan->rules.name;
    YamlPath at = reader.at;
    at.emplace_back(std::string("replace"));
    std::vector<std::string> entries;
    std::vector<std::string> told;
    for (const auto& [from, to] : operation.changes) {
      OM_RETURN_IF_ERROR(CheckType(operation, reader, from));
      OM_RETURN_IF_ERROR(CheckType(operation, reader, to));
      const std::string key = Cleaned(reader, from);
      const std::string value = Cleaned(reader, to);
      if (key.empty())
        return NotExpressible(operation, absl::StrCat("`clean` of ", name, " leaves nothing of ", from.text));
      if (key == value)
        return NotExpressible(operation, absl::StrCat("`clean` of ", name, " makes the same of both values"));
      const YAML::Node table = editor_.Find(at);
      if (table.IsDefined() && std::as_const(table)[key].IsDefined()) {
        return NotExpressible(operation, absl::StrCat(name, " replaces ", Shown(key), " already"));
      }
      entries.push_back(absl::StrCat(YamlScalar(key), ": ", YamlScalar(value)));
      told.push_back(absl::StrCat(Shown(key), value.empty() ? " counts as missing" : " becomes ",
                                  value.empty() ? "" : Shown(value)));
      if (table.IsDefined() && !editor_.AddKey(at, "", key, YamlScalar(value))) return CannotWrite(operation, name);
    }
    if (!editor_.Find(at).IsDefined() &&
        !editor_.AddKey(reader.at, "from", "replace", absl::StrCat("{", absl::StrJoin(entries, ", "), "}"))) {
      return CannotWrite(operation, name);
    }
    draft_.effects.push_back(
        absl::StrCat("In ", name, " of every future order ", absl::StrJoin(told, ", "), "; any other value stays."));
    return absl::OkStatus();
  }

  absl::Status Remove(const DraftOperation& operation) {
    OM_RETURN_IF_ERROR(RefuseOtherReaders(operation));
    for (const Reader& reader : readers_) {
      OM_ASSIGN_OR_RETURN(const bool reads, Reads(operation, reader));
      if (reads) {
        return NotExpressible(
            operation, absl::StrCat(reader.plan->rules.name, " is read from it: a mapping cannot take a value away"));
      }
    }
    if (plan_.schema != nullptr) {
      return NotExpressible(operation, "the JSON Schema says what members there may be: it must be changed by hand");
    }
    if (!plan_.known.has_value()) return NotExpressible(operation, "the mapping ignores it as it is");
    return AddKnown(operation);
  }

  absl::Status AddKnown(const DraftOperation& operation) {
    const std::vector<std::string> names = Names(operation.steps);
    const std::string path = absl::StrJoin(names, ".");
    if (!PayloadPath::Parse(path).ok()) return NotExpressible(operation, "`known` has no way to name it");
    const bool done = editor_.Find({std::string("known")}).IsDefined()
                          ? editor_.AppendItem({std::string("known")}, path)
                          : editor_.AddKey({}, "unknown", "known", absl::StrCat("[", YamlScalar(path), "]"));
    if (!done) return CannotWrite(operation, "known");
    draft_.fields.insert(names.back());
    draft_.effects.push_back(absl::StrCat(
        operation.path, " may be there in every future payload, with all that is inside it, and is ignored."));
    return absl::OkStatus();
  }

  static absl::Status CannotWrite(const DraftOperation& operation, std::string_view name) {
    return NotExpressible(operation, absl::StrCat("mapping.yaml writes ", absl::string_view(name.data(), name.size()),
                                                  " in a way that cannot be changed in place; change it by hand"));
  }

  // Numbers stand without quotes where they are read as numbers.
  static std::string ScalarFor(const Reader& reader, const std::string& text) {
    const bool is_number = reader.plan->kind == ValueKind::kNumber && Decimal::Parse(text).ok();
    return is_number ? text : YamlScalar(text);
  }

  const MappingPlan& plan_;
  YamlEditor editor_;
  std::vector<Reader> readers_;
  MappingDraft draft_;
};

}  // namespace

absl::StatusOr<MappingDraft> DraftMapping(std::string_view partner_id, const ConfigFiles& live,
                                          const ordermesh::error::v1::Patch& patch) {
  MappingProblems problems;
  ProblemLog log(&problems);
  const auto plan = CompileMapping(partner_id, live, log);
  if (!plan.has_value()) return InvalidField("files", "are no mapping that compiles");
  auto editor = YamlEditor::Open(FindFile(live, kMappingFile)->content());
  if (patch.operations().empty()) return InvalidField("operations", "must be at least one");
  OM_ASSIGN_OR_RETURN(const DraftOperation first, ReadOperation(0, patch.operations(0)));
  if (!editor.has_value()) return NotExpressible(first, "mapping.yaml has aliases; change it by hand");
  Drafter drafter(*plan, *std::move(editor));
  for (int i = 0; i < patch.operations_size(); ++i) {
    OM_ASSIGN_OR_RETURN(const DraftOperation operation, ReadOperation(i, patch.operations(i)));
    OM_RETURN_IF_ERROR(drafter.Do(operation));
  }
  return drafter.Take();
}

}  // namespace ordermesh::validation
