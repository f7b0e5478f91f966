#include "services/validation/domain/check_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using testing::HasSubstr;

TEST(CheckFolder, HoldsForEveryPartnerThatShips) {
  int partners = 0;
  for (const auto& folder : std::filesystem::directory_iterator("config/partners")) {
    const std::string partner = folder.path().filename().string();
    const auto response = CheckFolder(partner, ShippedFolder(partner));
    EXPECT_TRUE(response.ok()) << partner << ": " << response.ShortDebugString();
    EXPECT_GE(response.examples_run(), 2) << partner;
    ++partners;
  }
  EXPECT_GE(partners, 4);
}

class ExampleTest : public testing::Test {
 protected:
  static std::string ProblemOf(const std::string& example) {
    ConfigFiles files;
    for (const auto& file : ShippedFolder("partner-a")) {
      if (file.path() == "mapping.yaml") *files.Add() = file;
    }
    files.Add()->set_path("examples/one.yaml");
    files[1].set_content(example);
    files.Add()->set_path("examples/payload.json");
    files[2].set_content(PartnerAPayload());
    const auto response = CheckFolder("partner-a", files);
    EXPECT_EQ(response.ok(), response.problems().empty());
    EXPECT_EQ(response.examples_run(), 1);
    return response.ok() ? "" : response.problems(0).ShortDebugString();
  }
};

TEST_F(ExampleTest, ComparesWhatIsExpected) {
  const std::string file = "payload_file: examples/payload.json\n";
  const struct {
    std::string example, expected;
  } cases[] = {
      {file + "expect: {verdict: VALID, order: {netAmount: 161.946, lines: [{quantity: 5, unitPrice: 29.99}]}}", ""},
      {file + "expect: {verdict: VALID, order: {sequenceNumber: 42, transactionTime: '2026-01-15T10:30:00+00:00'}}",
       ""},
      {file + "expect: {verdict: REJECTED}", "the violations are: none"},
      {file + "expect: {verdict: VALID, order: {netAmount: 161.94}}", "netAmount is \\'161.946\\'"},
      {file + "expect: {verdict: VALID, order: {lines: []}}", "the order has 1 lines"},
      {file + "expect: {verdict: VALID, order: {lines: [{sku: 5}]}}", "an order has no field \\'sku\\'"},
      {file + "expect: {verdict: VALID, order: {total: 5}}", "an order has no field \\'total\\'"},
      {file + "expect: {verdict: CREATED}", "VALID or REJECTED"},
      {file + "expect: {}", "VALID or REJECTED"},
      {file, "an example needs payload or payload_file, and expect"},
      {file + "now: soon\nexpect: {verdict: VALID}", "now must be a time"},
      {"payload_file: none\nexpect: {verdict: VALID}", "no such file"},
      {"payload: '{}'\nexpect: {verdict: VALID}", "REQUIRED externalOrderId, "},
      {"payload: ''\nexpect: {verdict: REJECTED, violations: [{field: '', code: UNREADABLE}]}", ""},
      {"payload: ''\nexpect: {verdict: REJECTED, violations: [{field: '', code: TYPE}]}", "they are: UNREADABLE"},
      {"payload: ''\nexpect: {verdict: REJECTED, violations: []}", "they are: UNREADABLE"},
      {"- a", "an example must be a map"},
      {"a: [", "line: 1"},
  };
  for (const auto& c : cases) EXPECT_THAT(ProblemOf(c.example), HasSubstr(c.expected)) << c.example;
}

// A mapping whose external id is read as `field` says.
ConfigFiles WithExternalId(const std::string& field) {
  return MappingFolder(R"(tables: {t: {a: b}, u: {a: c}}
fields:
  externalOrderId: )" + field +
                       R"(
  customerId: who
  currency: {constant: EUR}
  transactionTime: at
lines:
  from: rows
  fields: {productId: sku, quantity: n, unitPrice: cost}
)");
}

TEST(CheckFolder, ANewMappingKeepsThePlaceOfTheExternalId) {
  const struct {
    std::string live, next;
    bool kept;
  } cases[] = {
      {"id", "id", true},
      {"id", "{from: id}", true},
      {"id", "{from: id, length: {max: 20}}", true},
      {"id", "{from: id, accept: [text, number]}", true},
      {"{from: id, accept: [text, number]}", "id", false},
      {"id", "other", false},
      {"id", "rows[0].id", false},
      {"id", "{constant: id}", false},
      {"id", "{from: id, clean: trim}", false},
      {"{from: id, clean: [trim, upper]}", "{from: id, clean: [upper, trim]}", false},
      {"{from: id, clean: {strip: '-'}}", "{from: id, clean: {strip: '/'}}", false},
      {"{from: id, clean: {strip: '-'}}", "{from: id, clean: [{strip: '-'}]}", true},
      {"id", "{from: id, default: none}", false},
      {"{from: id, replace: {a: b}}", "{from: id, replace: {a: b}}", true},
      {"{from: id, replace: {a: b}}", "{from: id, replace: {a: c}}", false},
      {"id", "{from: id, replace: {a: b}}", false},
      {"{from: id, lookup: t}", "{from: id, lookup: t}", true},
      {"{from: id, lookup: t}", "{from: id, lookup: u}", false},
      {"{from: id, lookup: t}", "id", false},
      {"{from: id, lookup: t, otherwise: x}", "{from: id, lookup: t, otherwise: y}", false},
      {"{concat: [id, {text: '-'}, who]}", "{concat: [id, {text: '-'}, who]}", true},
      {"{concat: [id, {text: '-'}, who]}", "{concat: [id, {text: '+'}, who]}", false},
      {"{concat: [id, who]}", "{concat: [who, id]}", false},
  };
  for (const auto& c : cases) {
    const auto response = CheckFolder("test", WithExternalId(c.next), WithExternalId(c.live));
    EXPECT_EQ(response.ok(), c.kept) << c.live << " to " << c.next << ": " << response.ShortDebugString();
  }
}

TEST(CheckFolder, AnExternalIdOfTheLinesMustBeThatOfTheSameLines) {
  const auto in_lines = [](const std::string& from) {
    return MappingFolder("fields: {customerId: who, currency: {constant: EUR}, transactionTime: at}\nlines:\n  from: " +
                         from + "\n  fields: {externalOrderId: id, productId: sku, quantity: n, unitPrice: cost}\n");
  };
  EXPECT_TRUE(CheckFolder("test", in_lines("rows"), in_lines("rows")).ok());
  EXPECT_FALSE(CheckFolder("test", in_lines("rows"), in_lines("items")).ok());
  EXPECT_FALSE(CheckFolder("test", WithExternalId("id"), in_lines("rows")).ok());
}

TEST(CheckFolder, ALiveConfigThatThisCodeCannotReadIsNoObstacle) {
  EXPECT_TRUE(CheckFolder("test", WithExternalId("id"), MappingFolder("from_the_future: 1\n")).ok());
}

TEST(CheckFolder, SaysWhetherOrdersAreNumberedAndHowAmountsAreRounded) {
  ConfigFiles files = WithExternalId("id");
  EXPECT_FALSE(CheckFolder("test", files).numbered());
  files[0].set_content(files[0].content() + "amounts: {round: {decimals: 2, mode: half_even}}\n");
  EXPECT_EQ(CheckFolder("test", files).rounding(), "2 decimals, half_even");
  EXPECT_TRUE(CheckFolder("partner-a", ShippedFolder("partner-a")).numbered());
}

TEST(CheckFolder, StopsWhereTheMappingDoesNotCompile) {
  const auto response = CheckFolder("test", MappingFolder("version: 1\n"));
  EXPECT_FALSE(response.ok());
  EXPECT_GT(response.problems_size(), 0);
  EXPECT_EQ(response.examples_run(), 0);
}

}  // namespace
}  // namespace ordermesh::validation
