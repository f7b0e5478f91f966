#include "services/validation/domain/field_compiler.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/limits.h"

namespace ordermesh::validation {
namespace {

constexpr size_t kMaxParts = 16;
constexpr size_t kMaxListed = 10'000;
constexpr int kMaxScaling = 18;
constexpr int64_t kMaxPatternMemory = 1 << 20;
constexpr size_t kMaxConstantBytes = 4'096;

constexpr std::array<std::pair<std::string_view, Rounding>, 4> kRoundings = {{{"half_up", Rounding::kHalfUp},
                                                                              {"half_even", Rounding::kHalfEven},
                                                                              {"down", Rounding::kDown},
                                                                              {"up", Rounding::kUp}}};

uint8_t Bit(JsonType type) { return static_cast<uint8_t>(1 << static_cast<int>(type)); }

std::string_view KindName(ValueKind kind) {
  return kind == ValueKind::kText ? "texts" : kind == ValueKind::kNumber ? "numbers" : "times";
}

}  // namespace

FieldPlan FieldCompiler::Compile(Target target, const YAML::Node& node) {
  FieldPlan plan;
  plan.target = target;
  plan.kind = KindOf(target);
  plan.rules = DefaultRules(target);
  plan.rules.required = true;
  if (node.IsScalar()) {
    YAML::Node map;
    map["from"] = node;
    YamlMap short_form(map, plan.rules.name, problems_);
    ReadBody(short_form, plan);
  } else {
    YamlMap map(node, plan.rules.name, problems_);
    ReadBody(map, plan);
  }
  return plan;
}

FieldPlan FieldCompiler::CompileCheck(const YAML::Node& node) {
  FieldPlan plan;
  YamlMap map(node, "a check", problems_);
  const auto name = map.Take("name");
  if (name.has_value()) plan.rules.name = ReadScalar(*name, "name", problems_).value_or("");
  if (plan.rules.name.empty() || plan.rules.name.size() > kMaxIdBytes) {
    problems_.Add(node, "a check needs a name of 1 to 128 bytes");
  }
  if (const auto type = map.Take("type"); type.has_value()) {
    const std::string kind = ReadScalar(*type, "type", problems_).value_or("");
    if (kind == "number") {
      plan.kind = ValueKind::kNumber;
    } else if (kind == "time") {
      plan.kind = ValueKind::kTime;
    } else if (kind != "text") {
      problems_.Add(*type, "type must be text, number or time");
    }
  }
  ReadBody(map, plan);
  return plan;
}

void FieldCompiler::ReadBody(YamlMap& map, FieldPlan& plan) {
  const int faults = problems_.count();
  ReadSource(map, plan);
  ReadAccept(map, plan);
  ReadClean(map, plan);
  ReadReplace(map, plan);
  ReadLookup(map, plan);
  ReadScaling(map, plan);
  ReadDate(map, plan);
  if (const auto node = map.Take("required"); node.has_value()) {
    const bool must = plan.target != Target::kTaxRate && plan.target != Target::kCheckOnly;
    plan.rules.required = ReadBool(*node, "required", problems_).value_or(true);
    if (!plan.rules.required && must)
      problems_.Add(*node, absl::StrCat("an order cannot be without ", plan.rules.name));
  }
  ReadRange(map, plan);
  ReadTextRules(map, plan);
  ReadWindow(map, plan);
  ReadUnique(map, plan);
  map.RefuseRest();
  if (problems_.count() == faults) CheckConstant(map.node(), plan);
}

void FieldCompiler::ReadSource(YamlMap& map, FieldPlan& plan) {
  int sources = 0;
  if (const auto node = map.Take("from"); node.has_value()) {
    ++sources;
    plan.source.kind = ValueSource::Kind::kPath;
    if (auto path = ReadPath(*node); path.has_value()) plan.source.path = *std::move(path);
  }
  if (const auto node = map.Take("constant"); node.has_value()) {
    ++sources;
    plan.source.kind = ValueSource::Kind::kConstant;
    plan.source.constant = ReadScalar(*node, "constant", problems_).value_or("");
    const size_t size = plan.source.constant.size();
    if (size == 0 || size > kMaxConstantBytes) problems_.Add(*node, "a constant has 1 to 4096 bytes");
  }
  if (const auto node = map.Take("concat"); node.has_value()) {
    ++sources;
    plan.source.kind = ValueSource::Kind::kConcat;
    ReadConcat(*node, plan);
  }
  if (map.is_map() && sources != 1) {
    problems_.Add(map.node(), absl::StrCat(plan.rules.name, " needs exactly one of from, constant, concat"));
  }
  if (const auto node = map.Take("default"); node.has_value()) {
    plan.default_value = ReadScalar(*node, "default", problems_);
    if (plan.source.kind == ValueSource::Kind::kConstant) problems_.Add(*node, "a constant needs no default");
  }
}

void FieldCompiler::ReadConcat(const YAML::Node& node, FieldPlan& plan) {
  if (!node.IsSequence() || node.size() < 2 || node.size() > kMaxParts) {
    problems_.Add(node, "concat must be a list of 2 to 16 parts: paths, or {text: ...}");
    return;
  }
  for (const YAML::Node& item : node) {
    ValueSource::Part part;
    if (item.IsScalar()) {
      part.path = ReadPath(item);
    } else {
      YamlMap map(item, "a part of concat", problems_);
      const auto text = map.Take("text");
      if (text.has_value()) part.text = ReadScalar(*text, "text", problems_).value_or("");
      map.RefuseRest();
    }
    plan.source.parts.push_back(std::move(part));
  }
}

void FieldCompiler::ReadAccept(YamlMap& map, FieldPlan& plan) {
  plan.accepted = Bit(plan.kind == ValueKind::kNumber ? JsonType::kNumber : JsonType::kString);
  const auto node = map.Take("accept");
  if (!node.has_value()) return;
  plan.accepted = 0;
  for (const std::string& name : ReadScalars(*node, "accept", 3, problems_)) {
    if (name == "text") {
      plan.accepted |= Bit(JsonType::kString);
    } else if (name == "number") {
      plan.accepted |= Bit(JsonType::kNumber);
    } else if (name == "boolean" && plan.kind == ValueKind::kText) {
      plan.accepted |= Bit(JsonType::kBool);
    } else {
      problems_.Add(*node, "accept lists text, number, and for texts boolean");
    }
  }
}

void FieldCompiler::ReadClean(YamlMap& map, FieldPlan& plan) {
  const auto node = map.Take("clean");
  if (!node.has_value()) return;
  if (!node->IsSequence()) {
    ReadCleanStep(*node, plan);
  } else if (node->size() > TextCleaning::kMaxSteps) {
    problems_.Add(*node, "clean has at most 8 steps");
  } else {
    for (const YAML::Node& step : *node) ReadCleanStep(step, plan);
  }
}

void FieldCompiler::ReadCleanStep(const YAML::Node& node, FieldPlan& plan) {
  static constexpr std::array<std::pair<std::string_view, CleanStep>, 4> kSteps = {{{"trim", CleanStep::kTrim},
                                                                                    {"collapse", CleanStep::kCollapse},
                                                                                    {"upper", CleanStep::kUpper},
                                                                                    {"lower", CleanStep::kLower}}};
  if (node.IsMap()) {
    YamlMap map(node, "a step of clean", problems_);
    const auto strip = map.Take("strip");
    const std::string text = strip.has_value() ? ReadScalar(*strip, "strip", problems_).value_or("") : "";
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x80) continue;
      problems_.Add(*strip, "strip takes ASCII characters");
      break;
    }
    if (!text.empty()) plan.cleaning.Add(CleanStep::kStrip, text);
    if (text.empty()) problems_.Add(node, "strip needs the characters to take out");
    map.RefuseRest();
    return;
  }
  for (const auto& [name, step] : kSteps) {
    if (node.IsScalar() && node.Scalar() == name) return plan.cleaning.Add(step);
  }
  problems_.Add(node, "a step of clean is trim, collapse, upper, lower or {strip: characters}");
}

void FieldCompiler::ReadScaling(YamlMap& map, FieldPlan& plan) {
  if (const auto node = map.Take("scale"); node.has_value()) {
    if (plan.kind != ValueKind::kNumber) problems_.Add(*node, "only numbers have a scale");
    plan.scale_by = static_cast<int>(ReadInteger(*node, "scale", -kMaxScaling, kMaxScaling, problems_).value_or(0));
  }
  if (const auto node = map.Take("round"); node.has_value()) {
    if (plan.kind != ValueKind::kNumber) problems_.Add(*node, "only numbers are rounded");
    int decimals = 0;
    if (ReadRounding(*node, decimals, plan.rounding, problems_)) plan.round_decimals = decimals;
  }
}

void FieldCompiler::ReadDate(YamlMap& map, FieldPlan& plan) {
  const auto node = map.Take("date");
  if (plan.kind != ValueKind::kTime) {
    if (node.has_value()) problems_.Add(*node, "only times have a date format");
    return;
  }
  std::string format = "iso8601";
  absl::TimeZone zone = absl::UTCTimeZone();
  YAML::Node at = map.node();
  if (node.has_value() && node->IsScalar()) {
    at = *node;
    format = node->Scalar();
  } else if (node.has_value()) {
    at = *node;
    YamlMap date(*node, "date", problems_);
    if (const auto text = date.Take("format"); text.has_value()) {
      format = ReadScalar(*text, "format", problems_).value_or(format);
    }
    if (const auto name = date.Take("zone"); name.has_value()) {
      const std::string zone_name = ReadScalar(*name, "zone", problems_).value_or("UTC");
      if (!absl::LoadTimeZone(zone_name, &zone)) problems_.Add(*name, "zone must be a name of the tz database or UTC");
    }
    date.RefuseRest();
  }
  auto compiled = DateFormat::Compile(format, zone);
  if (compiled.ok()) {
    plan.date = *std::move(compiled);
  } else {
    problems_.Add(at, std::string(compiled.status().message()));
  }
}

void FieldCompiler::ReadRange(YamlMap& map, FieldPlan& plan) {
  const auto node = map.Take("range");
  if (!node.has_value()) return;
  if (plan.kind != ValueKind::kNumber) {
    problems_.Add(*node, "only numbers have a range");
    return;
  }
  FieldRules& rules = plan.rules;
  rules.min.reset();
  rules.max.reset();
  rules.above_min = rules.below_max = false;
  if (node->IsScalar() && node->Scalar() == "any") return;
  YamlMap range(*node, "range", problems_);
  const auto bound = [&](const char* inclusive, const char* exclusive, std::optional<Decimal>& limit,
                         bool& is_exclusive) {
    const auto closed = range.Take(inclusive);
    const auto open = range.Take(exclusive);
    if (closed.has_value() && open.has_value()) {
      problems_.Add(*open, absl::StrCat("give one of ", inclusive, " and ", exclusive));
    }
    if (closed.has_value()) limit = ReadDecimal(*closed, inclusive, problems_);
    if (open.has_value()) limit = ReadDecimal(*open, exclusive, problems_);
    is_exclusive = open.has_value();
  };
  bound("min", "above", rules.min, rules.above_min);
  bound("max", "below", rules.max, rules.below_max);
  range.RefuseRest();
  if (rules.min.has_value() && rules.max.has_value() && *rules.min > *rules.max) {
    problems_.Add(*node, "the lower end of the range lies above the upper end");
  }
}

void FieldCompiler::ReadTextRules(YamlMap& map, FieldPlan& plan) {
  FieldRules& rules = plan.rules;
  const auto length = map.Take("length");
  const auto pattern = map.Take("pattern");
  const auto allowed = map.Take("enum");
  for (const auto& node : {length, pattern, allowed}) {
    if (node.has_value() && plan.kind != ValueKind::kText) {
      problems_.Add(*node, absl::StrCat("length, pattern and enum are not for ", std::string(KindName(plan.kind))));
    }
  }
  if (length.has_value()) {
    constexpr int64_t kMost = 1 << 20;
    YamlMap map_of_length(*length, "length", problems_);
    const auto min = map_of_length.Take("min");
    const auto max = map_of_length.Take("max");
    if (min.has_value())
      rules.min_length = static_cast<size_t>(ReadInteger(*min, "min", 0, kMost, problems_).value_or(0));
    if (max.has_value())
      rules.max_length = static_cast<size_t>(ReadInteger(*max, "max", 1, kMost, problems_).value_or(1));
    map_of_length.RefuseRest();
    if (rules.min_length > rules.max_length) problems_.Add(*length, "min lies above max");
  }
  if (pattern.has_value()) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxPatternMemory);
    const std::string text = ReadScalar(*pattern, "pattern", problems_).value_or("");
    auto compiled = std::make_shared<const RE2>(text, options);
    if (!compiled->ok()) problems_.Add(*pattern, absl::StrCat("pattern: ", compiled->error()));
    rules.pattern = std::move(compiled);
  }
  if (allowed.has_value()) {
    for (std::string& value : ReadScalars(*allowed, "enum", kMaxListed, problems_))
      rules.allowed.insert(std::move(value));
  }
}

void FieldCompiler::ReadWindow(YamlMap& map, FieldPlan& plan) {
  const auto node = map.Take("window");
  if (!node.has_value()) return;
  if (plan.kind != ValueKind::kTime) {
    problems_.Add(*node, "only times have a window");
    return;
  }
  YamlMap window(*node, "window", problems_);
  const auto past = window.Take("past");
  const auto future = window.Take("future");
  if (past.has_value()) plan.rules.max_past = ReadDuration(*past, "past", problems_);
  if (future.has_value()) plan.rules.max_future = ReadDuration(*future, "future", problems_);
  window.RefuseRest();
}

void FieldCompiler::ReadUnique(YamlMap& map, FieldPlan& plan) {
  const auto node = map.Take("unique");
  if (!node.has_value() || !ReadBool(*node, "unique", problems_).value_or(false)) return;
  if (!in_lines_) problems_.Add(*node, "unique is for the fields of lines");
  plan.rules.unique_slot = unique_slots_++;
}

void FieldCompiler::CheckConstant(const YAML::Node& at, const FieldPlan& plan) {
  const bool has_value = plan.source.kind == ValueSource::Kind::kConstant || plan.default_value.has_value();
  if (!has_value || plan.rules.max_past.has_value() || plan.rules.max_future.has_value()) return;
  JsonDocument empty;
  empty.Parse("{}");
  FieldScratch scratch;
  scratch.seen.resize(static_cast<size_t>(unique_slots_));
  FieldValue value;
  ViolationList found;
  Violations violations(&found);
  plan.Read(empty, empty.root(), {}, scratch, violations, value);
  for (const Violation& violation : found) {
    problems_.Add(at, absl::StrCat("the constant or default is refused by the field itself: ", violation.message()));
  }
}

std::optional<PayloadPath> FieldCompiler::ReadPath(const YAML::Node& node) {
  const auto text = ReadScalar(node, "a path", problems_);
  if (!text.has_value()) return std::nullopt;
  auto path = PayloadPath::Parse(*text);
  if (path.ok()) return *std::move(path);
  problems_.Add(node, std::string(path.status().message()));
  return std::nullopt;
}

std::string_view RoundingName(Rounding mode) {
  for (const auto& [name, known] : kRoundings) {
    if (known == mode) return name;
  }
  return "none";
}

bool ReadRounding(const YAML::Node& node, int& decimals, Rounding& mode, ProblemLog& problems) {
  const int faults = problems.count();
  YamlMap map(node, "round", problems);
  const auto places = map.Take("decimals");
  const auto name = map.Take("mode");
  map.RefuseRest();
  if (!places.has_value() || !name.has_value()) {
    problems.Add(node, "round needs decimals and mode");
    return false;
  }
  decimals = static_cast<int>(ReadInteger(*places, "decimals", 0, 9, problems).value_or(0));
  const std::string text = ReadScalar(*name, "mode", problems).value_or("");
  for (const auto& [known, rounding] : kRoundings) {
    if (known != text) continue;
    mode = rounding;
    return problems.count() == faults;
  }
  problems.Add(*name, "mode must be half_up, half_even, down or up");
  return false;
}

}  // namespace ordermesh::validation
