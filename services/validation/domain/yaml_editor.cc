#include "services/validation/domain/yaml_editor.h"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ordermesh::validation {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::optional<YAML::Node> Load(const std::string& text) {
  // yaml-cpp throws; nothing above this function sees it.
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

// Looks for aliases: a text with them is no tree, and a change in one place is one in others.
class AliasFinder final : public YAML::EventHandler {
 public:
  static bool HasAlias(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    AliasFinder finder;
    return parser.HandleNextDocument(finder) && finder.found_;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { found_ = true; }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  bool found_ = false;
};

// What a tree says, whatever it is written like. The order of keys does not count.
std::string Said(const YAML::Node& node) {
  if (node.IsScalar()) return absl::StrCat(node.Scalar().size(), ":", node.Scalar());
  std::string said;
  if (node.IsSequence()) {
    for (const YAML::Node& item : node) absl::StrAppend(&said, Said(item), ",");
    return absl::StrCat("[", said, "]");
  }
  if (!node.IsMap()) return "null";
  std::multimap<std::string, std::string> entries;
  for (const auto& pair : node) entries.emplace(Said(pair.first), Said(pair.second));
  for (const auto& [key, value] : entries) absl::StrAppend(&said, key, "=", value, ",");
  return absl::StrCat("{", said, "}");
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The end of a quoted scalar that begins at `at`.
std::optional<size_t> EndOfQuoted(std::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::nullopt;
}

// Where a value of the flow style that begins at `at` ends, and where what is in it does.
struct FlowEnd {
  size_t content;
  size_t close;
};

std::optional<FlowEnd> FindFlowEnd(std::string_view text, size_t at) {
  int depth = 0;
  // The last character that is neither white space nor comment: a quote opens a text only behind some of them.
  char before = ',';
  size_t content = at;
  for (size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (IsBlank(c)) continue;
    if (c == '#' && i > 0 && IsBlank(text[i - 1])) {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if ((c == '"' || c == '\'') && (before == ',' || before == ':' || before == '{' || before == '[')) {
      const auto end = EndOfQuoted(text, i);
      if (!end.has_value()) return std::nullopt;
      i = *end - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return FlowEnd{content, i};
    }
    before = text[i];
    content = i + 1;
  }
  return std::nullopt;
}

bool IsReserved(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords = {"true", "false", "null", "yes", "no", "on", "off", "y"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return absl::EqualsIgnoreCase(View(text), View(word)); }) ||
         absl::EqualsIgnoreCase(View(text), "n");
}

bool IsPlain(std::string_view text) {
  const auto is_plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-' || c == '/';
  };
  return !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text[0])) && !IsReserved(text) &&
         std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

std::string YamlScalar(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::optional<YamlEditor> YamlEditor::Open(std::string text) {
  auto root = Load(text);
  // Read before: what throws has thrown.
  if (!root.has_value() || AliasFinder::HasAlias(text)) return std::nullopt;
  return YamlEditor(std::move(text), *std::move(root));
}

YAML::Node YamlEditor::Find(const YamlPath& path) const {
  YAML::Node at = root_;
  for (const auto& step : path) {
    // A const node is looked into without being given what is missing.
    const YAML::Node& parent = at;
    const bool by_key = std::holds_alternative<std::string>(step);
    if (by_key ? !parent.IsMap() : !parent.IsSequence()) return YAML::Node(YAML::NodeType::Undefined);
    YAML::Node child = by_key ? parent[std::get<std::string>(step)] : parent[std::get<size_t>(step)];
    if (!child.IsDefined()) return YAML::Node(YAML::NodeType::Undefined);
    at.reset(child);
  }
  return at;
}

bool YamlEditor::AddKey(const YamlPath& path, std::string_view after, std::string_view key, std::string_view value) {
  const YAML::Node node = Find(path);
  const auto added = Load(std::string(value));
  if (!node.IsDefined() || !added.has_value()) return false;
  YamlEditor expected(text_, YAML::Clone(root_));
  YAML::Node changed = expected.Find(path);
  if (changed.IsScalar()) {
    YAML::Node map;
    map[std::string(after)] = changed.Scalar();
    changed = map;
  }
  if (!changed.IsMap() || std::as_const(changed)[std::string(key)].IsDefined()) return false;
  changed[std::string(key)] = *added;
  return Make(WithKey(node, after, key, value), expected.root_);
}

bool YamlEditor::AppendItem(const YamlPath& path, std::string_view scalar) {
  const YAML::Node node = Find(path);
  if (!node.IsDefined()) return false;
  YamlEditor expected(text_, YAML::Clone(root_));
  YAML::Node changed = expected.Find(path);
  if (changed.IsScalar()) {
    YAML::Node list;
    list.push_back(changed.Scalar());
    changed = list;
  }
  if (!changed.IsSequence()) return false;
  changed.push_back(std::string(scalar));
  return Make(WithItem(node, scalar), expected.root_);
}

bool YamlEditor::RemoveItem(const YamlPath& path, size_t index) {
  const YAML::Node node = Find(path);
  if (!node.IsDefined() || !node.IsSequence() || index >= node.size()) return false;
  YamlEditor expected(text_, YAML::Clone(root_));
  YAML::Node changed = expected.Find(path);
  YAML::Node rest(YAML::NodeType::Sequence);
  for (size_t i = 0; i < changed.size(); ++i) {
    if (i != index) rest.push_back(YAML::Clone(std::as_const(changed)[i]));
  }
  changed = rest;
  return Make(WithoutItem(node, index), expected.root_);
}

bool YamlEditor::SetScalar(const YamlPath& path, std::string_view scalar) {
  const YAML::Node node = Find(path);
  if (!node.IsDefined() || !node.IsScalar()) return false;
  const auto end = EndOfScalar(node);
  if (!end.has_value()) return false;
  YamlEditor expected(text_, YAML::Clone(root_));
  YAML::Node changed = expected.Find(path);
  changed = std::string(scalar);
  return Make(Change{OffsetOf(node), *end, YamlScalar(scalar)}, expected.root_);
}

// yaml-cpp counts lines by line feeds and columns in bytes.
size_t YamlEditor::OffsetOf(const YAML::Node& node) const {
  size_t offset = 0;
  for (int line = 0; line < node.Mark().line; ++line) {
    const size_t end = text_.find('\n', offset);
    if (end == std::string::npos) return text_.size();
    offset = end + 1;
  }
  return std::min(offset + static_cast<size_t>(std::max(node.Mark().column, 0)), text_.size());
}

size_t YamlEditor::EndOfLine(size_t offset) const { return std::min(text_.find('\n', offset), text_.size()); }

std::string_view YamlEditor::Newline() const { return absl::StrContains(text_, "\r\n") ? "\r\n" : "\n"; }

std::optional<size_t> YamlEditor::EndOfScalar(const YAML::Node& node) const {
  const size_t at = OffsetOf(node);
  if (!node.IsScalar() || at >= text_.size()) return std::nullopt;
  std::optional<size_t> end;
  if (text_[at] == '"' || text_[at] == '\'') {
    end = EndOfQuoted(text_, at);
  } else if (!node.Scalar().empty() && absl::StartsWith(absl::string_view(text_).substr(at), node.Scalar())) {
    end = at + node.Scalar().size();
  }
  if (!end.has_value() || EndOfLine(at) < *end) return std::nullopt;
  return end;
}

std::optional<size_t> YamlEditor::EndOfFlow(const YAML::Node& node) const {
  if (node.IsScalar()) return EndOfScalar(node);
  const auto end = IsFlow(node) ? FindFlowEnd(text_, OffsetOf(node)) : std::nullopt;
  if (!end.has_value()) return std::nullopt;
  return end->close + 1;
}

bool YamlEditor::EndsLine(size_t offset) const {
  const absl::string_view rest =
      absl::StripLeadingAsciiWhitespace(absl::string_view(text_).substr(offset, EndOfLine(offset) - offset));
  return rest.empty() || rest[0] == '#';
}

bool YamlEditor::IsFlow(const YAML::Node& node) const {
  const size_t at = OffsetOf(node);
  return at < text_.size() && (text_[at] == '{' || text_[at] == '[');
}

YamlEditor::Changes YamlEditor::InFlow(const YAML::Node& node, std::string_view item) const {
  const auto end = FindFlowEnd(text_, OffsetOf(node));
  if (!end.has_value()) return std::nullopt;
  const char last = text_[end->content - 1];
  const bool is_first = last == '{' || last == '[';
  const std::string_view joint = is_first && node.size() == 0 ? "" : last == ',' ? " " : ", ";
  return Change{end->content, end->content, absl::StrCat(View(joint), View(item))};
}

// A line behind that of a value which ends on its own line.
YamlEditor::Changes YamlEditor::AsNewLine(const YAML::Node& before, size_t column, const std::string& line) const {
  const auto end = EndOfFlow(before);
  if (!end.has_value() || !EndsLine(*end)) return std::nullopt;
  size_t at = EndOfLine(*end);
  if (at > 0 && at < text_.size() && text_[at - 1] == '\r') --at;
  return Change{at, at, absl::StrCat(View(Newline()), std::string(column, ' '), line)};
}

YamlEditor::Changes YamlEditor::WithKey(const YAML::Node& node, std::string_view after, std::string_view key,
                                        std::string_view value) const {
  const std::string entry = absl::StrCat(YamlScalar(key), ": ", View(value));
  if (node.IsScalar()) {
    const auto end = EndOfScalar(node);
    if (!end.has_value()) return std::nullopt;
    const size_t at = OffsetOf(node);
    const bool quoted = text_[at] == '"' || text_[at] == '\'';
    const std::string old = quoted ? text_.substr(at, *end - at) : YamlScalar(node.Scalar());
    return Change{at, *end, absl::StrCat("{", View(after), ": ", old, ", ", entry, "}")};
  }
  if (IsFlow(node)) return InFlow(node, entry);
  YAML::Node last;
  size_t column = 0;
  for (const auto& pair : node) {
    column = static_cast<size_t>(std::max(pair.first.Mark().column, 0));
    const bool is_it = pair.first.IsScalar() && pair.first.Scalar() == after;
    if (is_it || pair.second.IsScalar()) last.reset(pair.second);
    if (is_it) break;
  }
  return AsNewLine(last, column, entry);
}

YamlEditor::Changes YamlEditor::WithItem(const YAML::Node& node, std::string_view scalar) const {
  if (node.IsScalar()) {
    const auto end = EndOfScalar(node);
    if (!end.has_value()) return std::nullopt;
    return Change{OffsetOf(node), *end, absl::StrCat("[", YamlScalar(node.Scalar()), ", ", YamlScalar(scalar), "]")};
  }
  if (IsFlow(node)) return InFlow(node, YamlScalar(scalar));
  if (node.size() == 0) return std::nullopt;
  const YAML::Node last = node[node.size() - 1];
  const size_t column = static_cast<size_t>(std::max(node.Mark().column, 0));
  return AsNewLine(last, column, absl::StrCat("- ", YamlScalar(scalar)));
}

YamlEditor::Changes YamlEditor::WithoutItem(const YAML::Node& node, size_t index) const {
  const YAML::Node item = node[index];
  const size_t begin = OffsetOf(item);
  const auto end = EndOfFlow(item);
  if (!end.has_value()) return std::nullopt;
  if (IsFlow(node)) {
    if (index + 1 < node.size()) return Change{begin, OffsetOf(node[index + 1]), ""};
    const auto before = index == 0 ? std::optional<size_t>(begin) : EndOfFlow(node[index - 1]);
    if (!before.has_value()) return std::nullopt;
    return Change{*before, *end, ""};
  }
  const size_t line = begin == 0 ? 0 : text_.rfind('\n', begin - 1) + 1;
  if (!EndsLine(*end)) return std::nullopt;
  return Change{line, std::min(EndOfLine(*end) + 1, text_.size()), ""};
}

bool YamlEditor::Make(const Changes& change, const YAML::Node& expected) {
  if (!change.has_value() || change->begin > change->end || change->end > text_.size()) return false;
  std::string text = absl::StrCat(text_.substr(0, change->begin), change->text, text_.substr(change->end));
  const auto root = Load(text);
  if (!root.has_value() || Said(*root) != Said(expected)) return false;
  text_ = std::move(text);
  root_ = *root;
  return true;
}

}  // namespace ordermesh::validation
