// Faults of mappings: each is named with file, line and column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/validation/domain/mapping_compiler.h"
#include "services/validation/domain/partner_plan.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// The customer's field is on line 5, those of the lines on 11 to 13.
constexpr char kSound[] = R"(version: 1
numbered: false
fields:
  externalOrderId: id
  customerId: who
  currency: {constant: EUR}
  transactionTime: {from: at}
lines:
  from: rows
  fields:
    productId: sku
    quantity: n
    unitPrice: cost
)";

class MappingCompilerTest : public testing::Test {
 protected:
  // The faults as `path:line:column: message` lines.
  static std::string Problems(const ConfigFiles& files) {
    MappingProblems problems;
    const auto plan = PartnerPlan::Compile("test", files, 1, &problems);
    EXPECT_EQ(plan.ok(), problems.empty());
    std::string text;
    for (const auto& p : problems)
      absl::StrAppend(&text, p.path(), ":", p.line(), ":", p.column(), ": ", p.message(), "\n");
    return text;
  }
  static std::string Changed(std::string_view from, std::string_view to) {
    return Problems(MappingFolder(Replaced(kSound, from, to)));
  }
};

TEST_F(MappingCompilerTest, CompilesASoundMapping) {
  EXPECT_THAT(Problems(MappingFolder(kSound)), IsEmpty());
  const auto plan = PlanOf(kSound);
  EXPECT_EQ(plan->version(), kTestVersion);
  EXPECT_FALSE(plan->numbered());
  EXPECT_EQ(plan->RoundingText(), "");
}

TEST_F(MappingCompilerTest, TheVersionIsTheConfigsWhateverTheFolderSays) {
  EXPECT_THAT(Changed("version: 1", "version: 2147483647"), IsEmpty());
  EXPECT_EQ(PlanOf(Replaced(kSound, "version: 1\n", ""))->version(), kTestVersion);
}

TEST_F(MappingCompilerTest, NamesTheRoundingOfAmounts) {
  for (const std::string mode : {"half_up", "half_even", "down", "up"}) {
    const std::string mapping = std::string(kSound) + "amounts: {round: {decimals: 2, mode: " + mode + "}}\n";
    EXPECT_EQ(PlanOf(mapping)->RoundingText(), "2 decimals, " + mode);
  }
}

TEST_F(MappingCompilerTest, NamesThePlaceOfAFaultInAField) {
  const struct {
    std::string to, expected;
  } cases[] = {
      {"{from: who, required: false}", "5:37: an order cannot be without customerId"},
      {"{from: who, rang: {min: 1}}", "5:27: customerId has no key 'rang'"},
      {"{from: who, from: you}", "5:27: the key 'from' occurs twice"},
      {"{from: who, constant: x}", "5:15: customerId needs exactly one of from, constant, concat"},
      {"{}", "5:15: customerId needs exactly one of"},
      {"[]", "5:15: customerId must be a map"},
      {"{from: [a]}", "5:22: a path must be a single value"},
      {"{from: a..b}", "5:22: path: 'a..b' is no path"},
      {"a..b", "5:15: path: 'a..b' is no path"},
      {"{constant: ''}", "5:26: a constant has 1 to 4096 bytes"},
      {"{constant: x, default: y}", "5:38: a constant needs no default"},
      {"{constant: x, length: {min: 2}}",
       "5:15: the constant or default is refused by the field itself: the text is too short"},
      {"{concat: [a]}", "5:24: concat must be a list of 2 to 16 parts"},
      {"{concat: [a, {txt: b}]}", "5:29: a part of concat has no key 'txt'"},
      {"{from: a, accept: [list]}", "5:33: accept lists"},
      {"{from: a, clean: [wash]}", "5:33: a step of clean is"},
      {"{from: a, clean: [{strip: é}]}", "5:41: strip takes ASCII"},
      {"{from: a, clean: [{strip: ''}]}", "5:33: strip needs the characters"},
      {"{from: a, clean: [trim, trim, trim, trim, trim, trim, trim, trim, trim]}", "5:32: clean has at most 8"},
      {"{from: a, lookup: none}", "5:33: there is no table 'none'"},
      {"{from: a, otherwise: b}", "5:36: otherwise needs a lookup"},
      {"{from: a, replace: b}", "replace must be a map"},
      {"{from: a, replace: {}}", "replace has at least one entry"},
      {"{from: a, replace: {'': b}}", "an empty text is a missing value"},
      {"{from: a, replace: {b: c, b: d}}", "the key 'b' occurs twice"},
      {"{from: a, replace: {b: [c]}}", "an entry of a table must be a single value"},
      {"{constant: a, replace: {a: b}}", "a constant needs no replace"},
      {"{from: a, scale: 2}", "5:32: only numbers have a scale"},
      {"{from: a, scale: 99}", "5:32: scale must be a whole number from -18 to 18"},
      {"{from: a, round: {decimals: 2, mode: half_up}}", "5:32: only numbers are rounded"},
      {"{from: a, date: iso8601}", "5:31: only times have a date format"},
      {"{from: a, range: {min: 1}}", "5:32: only numbers have a range"},
      {"{from: a, window: {past: 1d}}", "5:33: only times have a window"},
      {"{from: a, length: {min: 3, max: 2}}", "5:33: min lies above max"},
      {"{from: a, length: {min: x}}", "5:39: min must be a whole number"},
      {"{from: a, pattern: '('}", "5:34: pattern: missing )"},
      {"{from: a, enum: []}", "5:31: enum must be a list"},
      {"{from: a, enum: [[a]]}", "5:32: enum must be a single value"},
      {"{from: a, unique: true}", "5:33: unique is for the fields of lines"},
      {"{from: a, required: yes}", "5:35: required must be true or false"},
      {"{from: a, ? [x] : 1}", "a key of customerId must be plain text"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Changed("customerId: who", absl::StrCat("customerId: ", c.to)), HasSubstr(c.expected)) << c.to;
  }
}

TEST_F(MappingCompilerTest, NamesThePlaceOfAFaultInNumbersAndTimes) {
  const struct {
    std::string from, to, expected;
  } cases[] = {
      {"quantity: n", "quantity: {from: n, range: {min: 1, above: 2}}", "12:48: give one of min and above"},
      {"quantity: n", "quantity: {from: n, range: {min: 3, max: 2}}", "12:32: the lower end"},
      {"quantity: n", "quantity: {from: n, range: {min: x}}", "12:38: min must be a decimal number"},
      {"quantity: n", "quantity: {from: n, enum: [1]}", "12:31: length, pattern and enum are not for numbers"},
      {"quantity: n", "quantity: {from: n, accept: boolean}", "12:33: accept lists"},
      {"quantity: n", "quantity: {constant: 0}", "12:15: the constant or default is refused"},
      {"quantity: n", "quantity: {from: n, default: x}", "12:15: the constant or default is refused"},
      {"quantity: n", "quantity: {from: n, round: {decimals: 2}}", "12:32: round needs decimals and mode"},
      {"quantity: n", "quantity: {from: n, round: {decimals: 2, mode: no}}", "12:52: mode must be"},
      {"{from: at}", "{from: at, date: QQ}", "7:37: format: 'QQ' is not known"},
      {"{from: at}", "{from: at, date: {format: iso8601, zone: Mars/Base}}", "7:61: zone must be"},
      {"{from: at}", "{from: at, length: {min: 1}}", "7:39: length, pattern and enum are not for times"},
      {"{from: at}", "{from: at, window: {past: soon}}", "7:46: past must be a duration"},
      {"{from: at}", "{from: at, window: {past: 5y}}", "7:46: past must be a duration"},
  };
  for (const auto& c : cases) EXPECT_THAT(Changed(c.from, c.to), HasSubstr(c.expected)) << c.to;
}

TEST_F(MappingCompilerTest, NamesThePlaceOfAFaultInTheWhole) {
  const struct {
    std::string from, to, expected;
  } cases[] = {
      {"version: 1", "version: 0", "1:10: version must be a whole number from 1 to 2147483647"},
      {"version: 1", "versio: 1", "1:1: the mapping has no key 'versio'"},
      {"version: 1", "version: 1\n  bad", "mapping.yaml:"},
      {"version: 1", "version: 1\ncsv: {}", "2:6: csv needs group_by"},
      {"version: 1", "version: 1\nunknown: maybe", "2:10: unknown must be ignore or reject"},
      {"version: 1", "version: 1\nknown: [a]", "2:8: known needs unknown: reject"},
      {"version: 1", "version: 1\nunknown: reject\nknown: [a..b]", "3:8: path:"},
      {"version: 1", "version: 1\ntables: {t: {a: [1]}}", "2:17: an entry of a table must be a single value"},
      {"version: 1", "version: 1\nchecks: 5", "2:9: checks must be a list"},
      {"version: 1", "version: 1\nchecks: [{from: a}]", "2:10: a check needs a name"},
      {"version: 1", "version: 1\nchecks: [{name: a, from: a, type: list}]", "2:35: type must be text, number or time"},
      {"version: 1", "version: 1\nrules: 5", "2:8: rules must be a list"},
      {"version: 1", "version: 1\nrules: [{field: a}]", "2:9: a rule needs field and check"},
      {"version: 1", "version: 1\nrules: [{field: a, check: 'a ='}]", "2:27: check: a comparison is expected"},
      {"version: 1", "version: 1\nrules: [{field: a, check: 'a == 1', tolerance: -1}]", "2:48: tolerance must not be"},
      {"version: 1", "version: 1\nrules: [{field: a, check: 'a == 1', code: TYPE}]", "2:43: code must be"},
      {"version: 1", "version: 1\nrules: [{field: '', check: 'a == 1'}]", "2:17: field has 1 to 128 bytes"},
      {"version: 1", "version: 1\nschema: none.json", "2:9: the folder has no file 'none.json'"},
      {"version: 1", "version: 1\namounts: {round: {decimals: 10, mode: up}}", "2:29: decimals must be"},
      {"numbered: false", "numbered: true", "1:1: the mapping does not say where sequenceNumber comes from"},
      {"customerId: who", "sequenceNumber: n", "1:1: the mapping does not say where customerId comes from"},
      {"customerId: who", "sequenceNumber: n", "1:1: sequenceNumber is for partners with numbered: true"},
      {"customerId: who", "customer: who", "5:3: there is no field 'customer'"},
      {"customerId: who", "quantity: who", "5:3: 'quantity' belongs under lines"},
      {"productId: sku", "currency: sku", "11:5: 'currency' is given twice"},
      {"from: rows", "from: 'rows['", "9:9: path:"},
      {"from: rows", "from: rows\n  min: 5\n  max: 4", "min lies above max"},
      {"from: rows", "form: rows", "9:3: lines has no key 'form'"},
  };
  for (const auto& c : cases) EXPECT_THAT(Changed(c.from, c.to), HasSubstr(c.expected)) << c.to;
  EXPECT_THAT(Problems(MappingFolder("- a\n")), HasSubstr("mapping.yaml:1:1: the mapping must be a map"));
  EXPECT_THAT(Problems(MappingFolder("")), HasSubstr("the mapping must be a map"));
  EXPECT_THAT(Problems(MappingFolder("a: [1\nb: 2")), HasSubstr("mapping.yaml:2"));
}

TEST_F(MappingCompilerTest, BoundsTheFolder) {
  EXPECT_EQ(Problems({}), "mapping.yaml:0:0: the folder has no mapping.yaml\n");
  ConfigFiles files = MappingFolder(kSound);
  files.Add()->set_content(std::string(kMaxConfigFileBytes + 1, ' '));
  files[1].set_path("large.txt");
  EXPECT_EQ(Problems(files), "large.txt:0:0: a file has at most 1 MiB\n");
  while (files.size() <= kMaxFolderFiles) files.Add();
  EXPECT_THAT(Problems(files), HasSubstr("a folder has at most 200 files"));
  std::string bad = kSound;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&bad, "k", i, ": 1\n");
  MappingProblems problems;
  const auto plan = PartnerPlan::Compile("test", MappingFolder(bad), 1, &problems);
  EXPECT_EQ(problems.size(), ProblemLog::kMax);
  EXPECT_EQ(ReasonOf(plan.status()), "BAD_MAPPING");
  EXPECT_FALSE(PartnerPlan::Compile("No Partner", MappingFolder(kSound), 1, nullptr).ok());
}

TEST_F(MappingCompilerTest, ChecksPayloadsWithTheJsonSchema) {
  ConfigFiles files = MappingFolder(absl::StrCat(kSound, "schema: order.json\n"));
  v1::ConfigFile* schema = files.Add();
  schema->set_path("order.json");
  schema->set_content(R"({"type": "object", "required": ["id", "rows"], "properties": {"gift": {"type": "boolean"},
      "rows": {"type": "array", "items": {"properties": {"n": {"maximum": 9}, "tags": {"items": {"type": "string"}}}}}}})");
  MappingProblems problems;
  const auto plan = PartnerPlan::Compile("test", files, 1, &problems);
  ASSERT_TRUE(plan.ok()) << problems.Get(0).ShortDebugString();
  const auto summary = [&](const std::string& payload) {
    Scratch scratch;
    order::v1::Order order;
    return Summary((*plan)->MapRaw(payload, absl::UnixEpoch(), scratch, order).violations);
  };
  const std::string sound = R"({"id": "1", "who": "w", "at": "2026-01-15T10:30:00Z", "gift": true, "x": null,
      "rows": [{"sku": "s", "n": 1.5, "cost": 1, "tags": ["t"]}, {"sku": "s", "n": 2, "cost": 1}]})";
  EXPECT_EQ(summary(sound), "");
  EXPECT_EQ(summary(Replaced(sound, "true", "\"yes\"")), "SCHEMA gift");
  EXPECT_EQ(summary(Replaced(sound, "\"n\": 2", "\"n\": 10")), "SCHEMA n:2");
  EXPECT_EQ(summary(Replaced(sound, "\"id\": \"1\", ", "")), "SCHEMA , REQUIRED externalOrderId");
}

TEST_F(MappingCompilerTest, RefusesSchemasWhoseCostIsNotBounded) {
  const auto problems = [](const std::string& schema) {
    ConfigFiles files = MappingFolder(absl::StrCat(kSound, "schema: order.json\n"));
    files.Add()->set_path("order.json");
    files[1].set_content(schema);
    return Problems(files);
  };
  EXPECT_THAT(problems("{"), HasSubstr("order.json:0:0: schema: the schema is not a JSON object"));
  EXPECT_THAT(problems(R"({"properties": {"a": {"$ref": "#"}}})"), HasSubstr("'$ref' is not supported"));
  EXPECT_THAT(problems(R"({"items": [{"pattern": "a*"}]})"), HasSubstr("'pattern' is not supported"));
  EXPECT_THAT(problems(R"({"uniqueItems": true})"), HasSubstr("'uniqueItems' is not supported"));
  EXPECT_THAT(problems(R"({"type": 5})"), HasSubstr("order.json:0:0: schema:"));
  std::string deep = "{}";
  for (int i = 0; i < 50; ++i) deep = R"({"not": )" + deep + "}";
  EXPECT_THAT(problems(deep), HasSubstr("nested more than 32 deep"));
}

}  // namespace
}  // namespace ordermesh::validation
