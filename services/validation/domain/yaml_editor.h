// Changes of a YAML text in place: comments and layout stay.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ordermesh::validation {

// Keys and places from the root to a node: {"lines", "fields", "customerId"}, {"checks", 2}.
using YamlPath = std::vector<std::variant<std::string, size_t>>;

// A text as a YAML scalar: plain where that is safe, in double quotes otherwise. Safe in block and flow style alike.
std::string YamlScalar(std::string_view text);

// Every change is made on the text and then read back: where the whole does not say exactly what it should, the text
// stays as it was and the change returns false. So a way of writing YAML that is not known here is refused, never
// broken.
class YamlEditor {
 public:
  // Nothing where the text is no YAML, or has aliases.
  static std::optional<YamlEditor> Open(std::string text);

  const std::string& text() const { return text_; }
  // The node at the path; an undefined one where there is none.
  YAML::Node Find(const YamlPath& path) const;

  // Gives the map at `path` another key, behind the key `after`. A single value becomes the map {after: value, key:
  // ...}. `value` is YAML in flow style.
  bool AddKey(const YamlPath& path, std::string_view after, std::string_view key, std::string_view value);
  // Gives the list at `path` another item. A single value becomes a list.
  bool AppendItem(const YamlPath& path, std::string_view scalar);
  bool RemoveItem(const YamlPath& path, size_t index);
  // Gives the single value at `path` another one.
  bool SetScalar(const YamlPath& path, std::string_view scalar);

 private:
  // A part of the text that is another one then.
  struct Change {
    size_t begin = 0;
    size_t end = 0;
    std::string text;
  };
  using Changes = std::optional<Change>;

  YamlEditor(std::string text, YAML::Node root) : text_(std::move(text)), root_(std::move(root)) {}

  size_t OffsetOf(const YAML::Node& node) const;
  size_t EndOfLine(size_t offset) const;
  std::string_view Newline() const;
  // Where a scalar that is written on one line ends; nothing where it is written otherwise.
  std::optional<size_t> EndOfScalar(const YAML::Node& node) const;
  // Where a node in flow style ends.
  std::optional<size_t> EndOfFlow(const YAML::Node& node) const;
  // Whether nothing but white space and a comment follows on the line.
  bool EndsLine(size_t offset) const;
  bool IsFlow(const YAML::Node& node) const;

  Changes InFlow(const YAML::Node& node, std::string_view item) const;
  Changes AsNewLine(const YAML::Node& before, size_t column, const std::string& line) const;
  Changes WithKey(const YAML::Node& node, std::string_view after, std::string_view key, std::string_view value) const;
  Changes WithItem(const YAML::Node& node, std::string_view scalar) const;
  Changes WithoutItem(const YAML::Node& node, size_t index) const;
  // Makes the change if it makes what is expected.
  bool Make(const Changes& change, const YAML::Node& expected);

  std::string text_;
  YAML::Node root_;
};

}  // namespace ordermesh::validation
