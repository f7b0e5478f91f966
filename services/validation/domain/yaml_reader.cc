#include "services/validation/domain/yaml_reader.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace ordermesh::validation {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void ProblemLog::Add(const YAML::Mark& mark, std::string_view message) {
  ++count_;
  if (problems_->size() >= kMax) return;
  v1::MappingProblem* problem = problems_->Add();
  problem->set_path(path_);
  problem->set_line(mark.line + 1);
  problem->set_column(mark.column + 1);
  problem->set_message(std::string(message));
}

std::optional<YAML::Node> ParseYaml(const std::string& text, ProblemLog& problems) {
  // yaml-cpp throws; nothing above this function sees it.
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& fault) {
    problems.Add(fault.mark, fault.msg);
    return std::nullopt;
  }
}

YamlMap::YamlMap(const YAML::Node& node, std::string_view what, ProblemLog& problems)
    : node_(node), what_(what), problems_(problems), is_map_(node.IsMap()) {
  if (!is_map_) {
    problems_.Add(node, absl::StrCat(what_, " must be a map of keys and values"));
    return;
  }
  absl::flat_hash_set<std::string> keys;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) {
      problems_.Add(pair.first, absl::StrCat("a key of ", what_, " must be plain text"));
      continue;
    }
    const std::string& key = pair.first.Scalar();
    const bool twice = !keys.insert(key).second;
    if (twice) problems_.Add(pair.first, absl::StrCat("the key '", key, "' occurs twice"));
    if (!twice) entries_.push_back({key, pair.first, pair.second});
  }
}

std::optional<YAML::Node> YamlMap::Take(std::string_view key) {
  asked_.emplace_back(key);
  for (Entry& entry : entries_) {
    if (entry.key != key) continue;
    entry.taken = true;
    return entry.value;
  }
  return std::nullopt;
}

void YamlMap::RefuseRest() {
  for (const Entry& entry : entries_) {
    if (entry.taken) continue;
    problems_.Add(entry.key_node,
                  absl::StrCat(what_, " has no key '", entry.key, "'; its keys are ", absl::StrJoin(asked_, ", ")));
  }
}

std::optional<std::string> ReadScalar(const YAML::Node& node, std::string_view what, ProblemLog& problems) {
  if (node.IsScalar()) return node.Scalar();
  problems.Add(node, absl::StrCat(View(what), " must be a single value"));
  return std::nullopt;
}

std::optional<bool> ReadBool(const YAML::Node& node, std::string_view what, ProblemLog& problems) {
  if (node.IsScalar() && (node.Scalar() == "true" || node.Scalar() == "false")) return node.Scalar() == "true";
  problems.Add(node, absl::StrCat(View(what), " must be true or false"));
  return std::nullopt;
}

std::optional<int64_t> ReadInteger(const YAML::Node& node, std::string_view what, int64_t min, int64_t max,
                                   ProblemLog& problems) {
  int64_t value = 0;
  if (node.IsScalar() && absl::SimpleAtoi(node.Scalar(), &value) && value >= min && value <= max) return value;
  problems.Add(node, absl::StrCat(View(what), " must be a whole number from ", min, " to ", max));
  return std::nullopt;
}

std::optional<Decimal> ReadDecimal(const YAML::Node& node, std::string_view what, ProblemLog& problems) {
  if (node.IsScalar()) {
    const auto number = Decimal::Parse(node.Scalar());
    if (number.ok()) return *number;
  }
  problems.Add(node, absl::StrCat(View(what), " must be a decimal number"));
  return std::nullopt;
}

std::optional<absl::Duration> ReadDuration(const YAML::Node& node, std::string_view what, ProblemLog& problems) {
  constexpr int kMaxCount = 1'000'000'000;
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  int count = 0;
  const bool counted = text.size() > 1 && absl::SimpleAtoi(text.substr(0, text.size() - 1), &count);
  if (counted && count >= 0 && count <= kMaxCount) {
    switch (text.back()) {
      case 's':
        return absl::Seconds(count);
      case 'm':
        return absl::Minutes(count);
      case 'h':
        return absl::Hours(count);
      case 'd':
        return absl::Hours(24) * count;
      default:
        break;
    }
  }
  problems.Add(node, absl::StrCat(View(what), " must be a duration such as 90s, 15m, 48h or 30d"));
  return std::nullopt;
}

std::vector<std::string> ReadScalars(const YAML::Node& node, std::string_view what, size_t max, ProblemLog& problems) {
  if (node.IsScalar()) return {node.Scalar()};
  std::vector<std::string> values;
  if (!node.IsSequence() || node.size() == 0 || node.size() > max) {
    problems.Add(node, absl::StrCat(View(what), " must be a list of 1 to ", max, " values"));
    return values;
  }
  for (const YAML::Node& item : node) {
    auto value = ReadScalar(item, what, problems);
    if (value.has_value()) values.push_back(*std::move(value));
  }
  return values;
}

}  // namespace ordermesh::validation
