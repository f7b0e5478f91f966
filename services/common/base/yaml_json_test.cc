#include "services/common/base/yaml_json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

using ::testing::HasSubstr;

std::string Json(const std::string& yaml) {
  const auto json = YamlToJson(yaml);
  return json.ok() ? *json : std::string(json.status().message());
}

TEST(YamlJsonTest, MapsAndListsKeepTheirOrder) {
  EXPECT_EQ(Json("b: 1\na:\n  - x\n  - {y: [], z: {}}\n"), R"({"b":1,"a":["x",{"y":[],"z":{}}]})");
  EXPECT_EQ(Json("- 1\n- - 2"), "[1,[2]]");
}

struct ScalarCase {
  const char* yaml;
  const char* json;
};

TEST(YamlJsonTest, ScalarsAreReadAsYaml12ReadsThem) {
  const ScalarCase cases[] = {
      {"29.90", "29.90"},
      {"-0.5e10", "-0.5e10"},
      {"1E+3", "1E+3"},
      {"12345678901234567890123", "12345678901234567890123"},
      {"true", "true"},
      {"False", "false"},
      {"yes", "\"yes\""},
      {"off", "\"off\""},
      {"~", "null"},
      {"null", "null"},
      {"'true'", "\"true\""},
      {"\"12\"", "\"12\""},
      {"!!str 12", "\"12\""},
      {"007", "\"007\""},
      {"1.", "\"1.\""},
      {".5", "\".5\""},
      {"1e", "\"1e\""},
      {"-", "[null]"},
      {"1.5s", "\"1.5s\""},
      {"2026-01-15T10:30:00Z", "\"2026-01-15T10:30:00Z\""},
      {"\"a\\n\\\"\\u00e9\"", "\"a\\n\\\"\xc3\xa9\""},
      {"|\n  two\n  lines\n", "\"two\\nlines\\n\""},
  };
  for (const ScalarCase& c : cases) EXPECT_EQ(Json(c.yaml), c.json) << c.yaml;
}

TEST(YamlJsonTest, AnEmptyValueIsNull) { EXPECT_EQ(Json("a:\nb: 1"), R"({"a":null,"b":1})"); }

TEST(YamlJsonTest, AliasesAreWrittenOut) { EXPECT_EQ(Json("a: &x [1]\nb: *x"), R"({"a":[1],"b":[1]})"); }

struct FaultCase {
  const char* yaml;
  const char* message;
};

TEST(YamlJsonTest, FaultsNameTheirLine) {
  const FaultCase cases[] = {
      {"a: 1\nb: [1, 2\n", "line 3, column 1: "},
      {"a: 1\n a: 2", "line 2, column"},
      {"a: 1\nb: 2\na: 3", "line 3, column 1: the key 'a' occurs twice"},
      {"? [1]\n: 2", "line 1, column 3: a key must be plain text"},
      {"a: &x {b: 1}\nc:\n  <<: *x", "line 3, column 3: merge keys are not read"},
      {"a: .nan", "line 1, column 4: is no finite number"},
      {"a: -.inf", "is no finite number"},
      {"a: !!binary aGk=", "has a tag; only !!str is read"},
      {"a: !thing {b: 1}", "has a tag; only !!str is read"},
      {"a: *nowhere", "line 1, column 4: "},
      {"", "must hold exactly one document"},
      {"a: 1\n---\nb: 2", "must hold exactly one document"},
  };
  for (const FaultCase& c : cases) EXPECT_THAT(Json(c.yaml), HasSubstr(c.message)) << c.yaml;
  const absl::Status status = YamlToJson("a: 1\na: 2").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "BAD_YAML");
}

TEST(YamlJsonTest, DepthIsBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Json(nested(64)), nested(64));
  EXPECT_THAT(Json(nested(65)), HasSubstr("is nested deeper than 64"));
  // Far beyond what the parser itself descends to.
  EXPECT_FALSE(YamlToJson(nested(400'000)).ok());
  EXPECT_FALSE(YamlToJson("&a [*a]").ok());
}

TEST(YamlJsonTest, SizeIsBounded) {
  EXPECT_TRUE(YamlToJson(std::string(100, 'x'), {.max_bytes = 100}).ok());
  EXPECT_THAT(YamlToJson(std::string(101, 'x'), {.max_bytes = 100}).status().message(), HasSubstr("longer than 100"));
  EXPECT_TRUE(YamlToJson("[1, 2, 3]", {.max_values = 4}).ok());
  EXPECT_THAT(YamlToJson("[1, 2, 3]", {.max_values = 3}).status().message(), HasSubstr("too many values"));
}

TEST(YamlJsonTest, AliasesCannotMakeALargeText) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&yaml, "a", i, ": &a", i, " [");
    for (int n = 0; n < 10; ++n) absl::StrAppend(&yaml, n == 0 ? "" : ", ", "*a", i - 1);
    absl::StrAppend(&yaml, "]\n");
  }
  EXPECT_THAT(Json(yaml), HasSubstr("too many values"));
  std::string repeated = absl::StrCat("- &t ", std::string(1'000, 'x'), "\n");
  for (int n = 0; n < 100; ++n) repeated += "- *t\n";
  EXPECT_THAT(YamlToJson(repeated, {.max_bytes = 2'000}).status().message(), HasSubstr("too many values"));
}

}  // namespace
}  // namespace ordermesh
