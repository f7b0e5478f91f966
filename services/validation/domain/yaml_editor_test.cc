#include "services/validation/domain/yaml_editor.h"

#include <gtest/gtest.h>

#include <string>

namespace ordermesh::validation {
namespace {

YamlPath At(const std::string& a, const std::string& b = "") {
  YamlPath path = {a};
  if (!b.empty()) path.emplace_back(b);
  return path;
}

// The text with key: value behind `from` of the map at a.b; "-" where that is refused, and the text must be as it was.
std::string WithKey(const std::string& text, const std::string& value = "7") {
  auto editor = YamlEditor::Open(text);
  if (!editor.has_value()) return "no YAML";
  if (editor->AddKey(At("a", "b"), "from", "key", value)) return editor->text();
  EXPECT_EQ(editor->text(), text);
  return "-";
}

std::string WithItem(const std::string& text) {
  auto editor = YamlEditor::Open(text);
  return editor->AppendItem(At("a"), "x y") ? editor->text() : "-";
}

std::string Without(const std::string& text, size_t index) {
  auto editor = YamlEditor::Open(text);
  return editor->RemoveItem(At("a"), index) ? editor->text() : "-";
}

TEST(YamlEditor, AddsAKeyWhereverTheMapIsWritten) {
  const struct {
    std::string before, after;
  } cases[] = {
      // A value alone becomes a map; its comment stays.
      {"a:\n  b: c.d  # why\n  e: f\n", "a:\n  b: {from: c.d, key: 7}  # why\n  e: f\n"},
      {"a:\n  b: lines[0].c\n", "a:\n  b: {from: \"lines[0].c\", key: 7}\n"},
      {"a:\n  b: '[\"x.y\"].c'\n", "a:\n  b: {from: '[\"x.y\"].c', key: 7}\n"},
      {"a: {b: c, d: e}\n", "a: {b: {from: c, key: 7}, d: e}\n"},
      {"a:\n  b: c", "a:\n  b: {from: c, key: 7}"},
      // Flow style.
      {"a:\n  b: {from: c, accept: [text, number]}  # x\n",
       "a:\n  b: {from: c, accept: [text, number], key: 7}  # x\n"},
      {"a:\n  b: {\n    from: c,  # of }\n    d: e  # last\n  }\n",
       "a:\n  b: {\n    from: c,  # of }\n    d: e, key: 7  # last\n  }\n"},
      {"a:\n  b: {from: c,}\n", "a:\n  b: {from: c, key: 7}\n"},
      {"a:\n  b: {from: c, x: \"}\", y: '}''}', z: it's}\n",
       "a:\n  b: {from: c, x: \"}\", y: '}''}', z: it's, key: 7}\n"},
      {"ä: {é: ü}\na: {b: {from: \"ß{\", x: [é, {y: z}]}} # ö\n",
       "ä: {é: ü}\na: {b: {from: \"ß{\", x: [é, {y: z}], key: 7}} # ö\n"},
      // Block style: behind `from`, with its comment, whatever follows.
      {"a:\n  b:\n    from: c  # why\n    d: {e: f}\ng: h\n",
       "a:\n  b:\n    from: c  # why\n    key: 7\n    d: {e: f}\ng: h\n"},
      {"a:\r\n  b:\r\n    from: c\r\n    d: e\r\n", "a:\r\n  b:\r\n    from: c\r\n    key: 7\r\n    d: e\r\n"},
      {"a:\n  b:\n    d: e\n    from: c", "a:\n  b:\n    d: e\n    from: c\n    key: 7"},
      // What is not understood is left alone.
      {"a:\n  b: >-\n    folded\n    text\n", "-"},
      {"a:\n  b:\n    from: >-\n      folded\n", "-"},
      {"a:\n  b: !tag c\n", "-"},
      {"a:\n  b: [c]\n", "-"},
      {"a:\n  b: {from: c, key: 6}\n", "-"},
      {"x: &x c\na:\n  b: *x\n", "no YAML"},
      {"a: {", "no YAML"},
      {"a: [1]\n", "-"},
  };
  for (const auto& c : cases) EXPECT_EQ(WithKey(c.before), c.after) << c.before;
}

TEST(YamlEditor, AddsValuesOfAnyKind) {
  EXPECT_EQ(WithKey("a: {b: c}", "{\"x\": \"y\"}"), "a: {b: {from: c, key: {\"x\": \"y\"}}}");
  EXPECT_EQ(WithKey("a: {b: c}", YamlScalar("99999")), "a: {b: {from: c, key: \"99999\"}}");
  EXPECT_EQ(WithKey("a: {b: c}", YamlScalar("yes")), "a: {b: {from: c, key: \"yes\"}}");
  EXPECT_EQ(WithKey("a: {b: c}", YamlScalar("C-1")), "a: {b: {from: c, key: C-1}}");
  EXPECT_EQ(WithKey("a: {b: c}", YamlScalar("a\"\\\n\x7f}")), "a: {b: {from: c, key: \"a\\\"\\\\\\x0a\\x7f}\"}}");
}

TEST(YamlEditor, AppendsAnItemWhereverTheListIsWritten) {
  EXPECT_EQ(WithItem("a: [b, c]\nd: e\n"), "a: [b, c, \"x y\"]\nd: e\n");
  EXPECT_EQ(WithItem("a: []\n"), "a: [\"x y\"]\n");
  EXPECT_EQ(WithItem("a: b.c\n"), "a: [b.c, \"x y\"]\n");
  EXPECT_EQ(WithItem("a:\n  - b\n  - c # d\ne: f\n"), "a:\n  - b\n  - c # d\n  - \"x y\"\ne: f\n");
  EXPECT_EQ(WithItem("a:\n- b\n"), "a:\n- b\n- \"x y\"\n");
  EXPECT_EQ(WithItem("a: {b: c}\n"), "-");
}

TEST(YamlEditor, RemovesAnItemWhereverTheListIsWritten) {
  EXPECT_EQ(Without("a: [{b: 1}, {b: 2}, {b: 3}]\n", 0), "a: [{b: 2}, {b: 3}]\n");
  EXPECT_EQ(Without("a: [{b: 1}, {b: 2}, {b: 3}]\n", 2), "a: [{b: 1}, {b: 2}]\n");
  EXPECT_EQ(Without("a: [{b: 1}]\n", 0), "a: []\n");
  EXPECT_EQ(Without("a:\n  - {b: 1}  # x\n  # kept\n  - {b: 2}\nc: d\n", 0), "a:\n  # kept\n  - {b: 2}\nc: d\n");
  EXPECT_EQ(Without("a:\n  - {b: 1}\n  - {b: 2}", 1), "a:\n  - {b: 1}\n");
  // Without its last item the key would say null.
  EXPECT_EQ(Without("a:\n  - {b: 1}\n", 0), "-");
  EXPECT_EQ(Without("a:\n  - b: 1\n    c: 2\n  - d: 3\n", 0), "-");
  EXPECT_EQ(Without("a: [1]\n", 1), "-");
}

TEST(YamlEditor, SetsASingleValue) {
  auto editor = YamlEditor::Open("a: b # c\nd: e\n");
  EXPECT_TRUE(editor->SetScalar(At("a"), "VALID"));
  EXPECT_EQ(editor->text(), "a: VALID # c\nd: e\n");
  EXPECT_FALSE(editor->SetScalar(At("x"), "VALID"));
  EXPECT_FALSE(editor->SetScalar({}, "VALID"));
}

}  // namespace
}  // namespace ordermesh::validation
