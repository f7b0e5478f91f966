// The small parts: cleaning, paths, currencies, violations, known members.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/validation/domain/currency_codes.h"
#include "services/validation/domain/known_members.h"
#include "services/validation/domain/order_times.h"
#include "services/validation/domain/payload_path.h"
#include "services/validation/domain/test_support.h"
#include "services/validation/domain/text_cleaning.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {
namespace {

TEST(TextCleaning, AppliesStepsInTheirOrder) {
  std::string buffer;
  TextCleaning cleaning;
  EXPECT_EQ(cleaning.Apply(" a ", buffer), " a ");
  cleaning.Add(CleanStep::kTrim);
  EXPECT_EQ(cleaning.Apply(" \t a  b \n", buffer), "a  b");
  cleaning.Add(CleanStep::kCollapse);
  EXPECT_EQ(cleaning.Apply("  a \t\n b ", buffer), "a b");
  cleaning.Add(CleanStep::kUpper);
  EXPECT_EQ(cleaning.Apply("aé ß", buffer), "Aé ß");
  cleaning.Add(CleanStep::kStrip, "-/");
  EXPECT_EQ(cleaning.Apply("a-b/c", buffer), "ABC");
  cleaning.Add(CleanStep::kLower);
  cleaning.Add(CleanStep::kTrim);
  EXPECT_EQ(cleaning.Apply("-A ", buffer), "a");
}

TEST(PayloadPath, ParsesAndFinds) {
  JsonDocument document;
  ASSERT_TRUE(document.Parse(R"({"a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3, "n": [[1, 2], [3]]})"));
  const auto text = [&](std::string_view path) {
    const JsonNode* node = PayloadPath::Parse(path)->Find(document, document.root());
    return node == nullptr ? "-" : std::string(node->text);
  };
  EXPECT_EQ(text("a.b[1].c"), "2");
  EXPECT_EQ(text("[\"x.y\"]"), "3");
  EXPECT_EQ(text("n[0][1]"), "2");
  EXPECT_EQ(text("a.b[2].c"), "-");
  EXPECT_EQ(text("a.b.c"), "-");
  EXPECT_EQ(PayloadPath::Parse("a.b[1]")->LastName(), "b");
  EXPECT_EQ(PayloadPath::Parse("[0]")->LastName(), "");
  int sum = 0;
  PayloadPath::Parse("n")->ForEach(document, document.root(), [&](const JsonNode& node) {
    sum += std::stoi(std::string(node.text));
    return true;
  });
  EXPECT_EQ(sum, 6);
}

TEST(PayloadPath, RefusesWhatIsNoPath) {
  std::string deep = "a";
  for (int i = 0; i < 20; ++i) deep += ".a";
  for (const std::string& path :
       {std::string(""), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"), std::string("a["),
        std::string("a[]"), std::string("a[x]"), std::string("a[-1]"), std::string("a[99999999]"), std::string("a[0]b"),
        std::string("[\"\"]"), deep}) {
    EXPECT_FALSE(PayloadPath::Parse(path).ok()) << path;
  }
}

TEST(CurrencyCodes, KnowsActiveCurrenciesOnly) {
  for (const char* code : {"AED", "BRL", "EUR", "GBP", "USD", "ZAR", "ZWL", "JPY"})
    EXPECT_TRUE(IsCurrencyCode(code)) << code;
  for (const char* code : {"", "XXX", "XAU", "XTS", "usd", "US", "USDX", "ZZZ", "AAA", "U D"}) {
    EXPECT_FALSE(IsCurrencyCode(code)) << code;
  }
}

TEST(Violations, KeepTheFirstHundredAndEveryPairOfFieldAndCode) {
  ViolationList list;
  Violations violations(&list);
  EXPECT_TRUE(violations.empty());
  for (int line = 1; line <= 250; ++line) violations.Add(Violation::REQUIRED, "customerId", line, "missing");
  ASSERT_EQ(list.size(), kMaxViolations);
  violations.Add(Violation::RANGE, "unitPrice", 300, "low");
  violations.Add(Violation::RANGE, "unitPrice", 301, "low");
  violations.Add(Violation::TYPE, "unitPrice", 302, "type");
  ASSERT_EQ(list.size(), kMaxViolations);
  EXPECT_EQ(list[kMaxViolations - 3].line(), kMaxViolations - 2);
  EXPECT_EQ(list[kMaxViolations - 2].line(), 300);
  EXPECT_EQ(list[kMaxViolations - 1].line(), 302);
}

TEST(Violations, DropNewPairsOnceEveryOneIsAnother) {
  ViolationList list;
  Violations violations(&list);
  for (int i = 0; i < kMaxViolations + 5; ++i) violations.Add(Violation::SCHEMA, "f" + std::to_string(i), 0, "unknown");
  EXPECT_EQ(list.size(), kMaxViolations);
  EXPECT_EQ(list[kMaxViolations - 1].field(), "f99");
}

TEST(Violations, CutTextsAtACharacter) {
  ViolationList list;
  std::string value(kMaxViolationValueBytes - 1, 'a');
  Violations(&list).Add(Violation::TYPE, value + "é", 0, value + "ab", value + "é");
  EXPECT_EQ(list[0].field(), value);
  EXPECT_EQ(list[0].message(), value + "a");
  EXPECT_EQ(list[0].value(), value);
}

TEST(KnownMembers, FindsTheOthers) {
  JsonDocument document;
  ASSERT_TRUE(
      document.Parse(R"({"a": {"b": 1, "z": 2}, "items": [{"p": 1}, {"q": 1}], "y": {"deep": 1}, "w": {"any": 1}})"));
  KnownMembers known;
  for (const char* path : {"a.b", "items[0].p", "w"}) known.Add(*PayloadPath::Parse(path));
  ViolationList list;
  Violations violations(&list);
  known.Check(document, violations);
  EXPECT_EQ(Summary(list), "SCHEMA z, SCHEMA q, SCHEMA y");
}

TEST(OrderTimes, RefuseTimestampsThatAreNone) {
  google::protobuf::Timestamp timestamp;
  SetTimestamp(absl::FromUnixNanos(-1), timestamp);
  EXPECT_EQ(timestamp.seconds(), -1);
  EXPECT_EQ(timestamp.nanos(), 999'999'999);
  EXPECT_EQ(FromTimestamp(timestamp), absl::FromUnixNanos(-1));
  timestamp.set_nanos(1'000'000'000);
  EXPECT_EQ(FromTimestamp(timestamp), std::nullopt);
  timestamp.set_nanos(0);
  timestamp.set_seconds(253'402'300'800);
  EXPECT_EQ(FromTimestamp(timestamp), std::nullopt);
}

}  // namespace
}  // namespace ordermesh::validation
