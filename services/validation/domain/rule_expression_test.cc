#include "services/validation/domain/rule_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/errors.h"

namespace ordermesh::validation {
namespace {

using Result = RuleExpression::Result;

constexpr char kPayload[] =
    R"({"a": 2, "b": "3.50", "none": null, "text": "x", "flag": true, "big": 1e37, "huge": 1e400, "odd name": 1,
        "items": [{"price": 0.1, "qty": 3, "subs": [{"v": 1}, {"v": 2}]}, {"price": 0.2, "qty": 1, "subs": []}],
        "payments": [{"value": 0.3}, {"value": null}, {}], "empty": []})";

class RuleExpressionTest : public testing::Test {
 protected:
  RuleExpressionTest() {
    OM_CHECK(document_.Parse(kPayload));
    canonical_ = {Decimal(100), Decimal(8), Decimal(108), Decimal::Of(8, 2), Decimal(4), Decimal(2)};
  }

  Result Check(const std::string& text, const std::string& tolerance = "0") {
    const auto rule = RuleExpression::Compile(text, *Decimal::Parse(tolerance));
    EXPECT_TRUE(rule.ok()) << text << ": " << rule.status();
    return rule.ok() ? rule->Check(&document_, &canonical_, offending_) : Result::kMissing;
  }

  JsonDocument document_;
  CanonicalValues canonical_;
  std::string offending_;
};

TEST_F(RuleExpressionTest, ComputesExactly) {
  for (const std::string text : {"a == 2",
                                 "a + b == 5.5",
                                 "a - b == -1.5",
                                 "a * b == 7",
                                 "-a == -2",
                                 "2 + 3 * 4 == 14",
                                 "(2 + 3) * 4 == 20",
                                 "10 - 3 - 2 == 5",
                                 "sum(items.price) == 0.3",
                                 "sum(payments.value) == sum(items.price)",
                                 "sum(empty) == 0",
                                 "sum(absent.value) == 0",
                                 "sum(items, price * qty) == 0.5",
                                 "sum(items, sum(subs.v)) == 3",
                                 "sum(items, sum(subs, v * 2) + qty) == 10",
                                 "sum(items.subs.v) == 3",
                                 "items[1].price == 0.2",
                                 "[\"odd name\"] == 1",
                                 "@grossAmount + @taxAmount == @netAmount",
                                 "@grossAmount * @taxRate == @taxAmount",
                                 "@lineCount == 2",
                                 "@quantity == sum(items.qty)",
                                 "a<3",
                                 "a <= 2",
                                 "b > 3.4",
                                 "b >= 3.5",
                                 "a != 3",
                                 "- (a + 1) == -3"}) {
    EXPECT_EQ(Check(text), Result::kHolds) << text << " " << offending_;
  }
  for (const std::string text : {"a == 3", "a != 2", "a < 2", "a > 2", "a <= 1.99", "a >= 2.01"}) {
    EXPECT_EQ(Check(text), Result::kBroken) << text;
  }
}

TEST_F(RuleExpressionTest, AllowsTheTolerance) {
  EXPECT_EQ(Check("a == 2.01", "0.01"), Result::kHolds);
  EXPECT_EQ(Check("a == 1.99", "0.01"), Result::kHolds);
  EXPECT_EQ(Check("a == 2.0100000001", "0.01"), Result::kBroken);
  EXPECT_EQ(Check("a != 2.01", "0.01"), Result::kBroken);
  EXPECT_EQ(Check("a <= 1.99", "0.01"), Result::kHolds);
  EXPECT_EQ(Check("a >= 2.01", "0.01"), Result::kHolds);
}

TEST_F(RuleExpressionTest, NamesWhatItCannotUse) {
  EXPECT_EQ(Check("absent == 1"), Result::kMissing);
  EXPECT_EQ(Check("none == 1"), Result::kMissing);
  EXPECT_EQ(Check("1 == a + absent"), Result::kMissing);
  EXPECT_EQ(Check("text == 1"), Result::kNotANumber);
  EXPECT_EQ(offending_, "x");
  EXPECT_EQ(Check("flag == 1"), Result::kNotANumber);
  EXPECT_EQ(Check("sum(items) == 1"), Result::kNotANumber);
  EXPECT_EQ(Check("huge == 1"), Result::kTooLarge);
  EXPECT_EQ(Check("big * big == 1"), Result::kTooLarge);
  EXPECT_EQ(Check("sum(items, big) == 1"), Result::kMissing);
  EXPECT_EQ(Check("big - 0.01 == 0"), Result::kTooLarge);
  EXPECT_EQ(Check("big == 0.01"), Result::kTooLarge);
}

TEST_F(RuleExpressionTest, SaysWhatItNeeds) {
  const auto rule = RuleExpression::Compile("@grossAmount <= 100", Decimal());
  ASSERT_TRUE(rule.ok());
  EXPECT_TRUE(rule->NeedsCanonical());
  EXPECT_FALSE(rule->NeedsPayload());
  EXPECT_EQ(rule->Check(nullptr, &canonical_, offending_), Result::kHolds);
}

TEST_F(RuleExpressionTest, RefusesWhatIsNoRule) {
  std::string deep = "a";
  for (int i = 0; i < 20; ++i) deep = "(" + deep + ")";
  std::string steps = "a", right = "1";
  for (int i = 0; i < 40; ++i) steps += " + 1";
  std::string minus;
  for (int i = 0; i < 20; ++i) minus += "- ";
  for (const std::string& text : {std::string(""),
                                  std::string("a"),
                                  std::string("a =="),
                                  std::string("== a"),
                                  std::string("a = 1"),
                                  std::string("a == 1 2"),
                                  std::string("a == (1"),
                                  std::string("sum(a == 1"),
                                  std::string("sum(a, b == 1"),
                                  std::string("@nothing == 1"),
                                  std::string("a[ == 1"),
                                  std::string("a[x] == 1"),
                                  std::string("a == 1.2.3"),
                                  std::string("a == 'x'"),
                                  std::string("a..b == 1"),
                                  deep + " == 1",
                                  steps + " == 1",
                                  minus + "a == 1",
                                  std::string("sum() == 1"),
                                  std::string("[\"a == 1")}) {
    EXPECT_FALSE(RuleExpression::Compile(text, Decimal()).ok()) << text;
  }
}

}  // namespace
}  // namespace ordermesh::validation
