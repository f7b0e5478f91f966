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

TEST(CheckFolder, StopsWhereTheMappingDoesNotCompile) {
  const auto response = CheckFolder("test", MappingFolder("version: 1\n"));
  EXPECT_FALSE(response.ok());
  EXPECT_GT(response.problems_size(), 0);
  EXPECT_EQ(response.examples_run(), 0);
}

}  // namespace
}  // namespace ordermesh::validation
