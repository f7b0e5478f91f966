#include "services/common/base/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace ordermesh {
namespace {

constexpr char kLargest[] = "170141183460469231731687303715884105727";

Decimal D(std::string_view text) {
  const auto number = Decimal::Parse(text);
  EXPECT_TRUE(number.ok()) << text << ": " << number.status();
  return number.value_or(Decimal());
}

TEST(Decimal, ParsesTheGrammarOfJson) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"0", "0"},
      {"-0", "0"},
      {"0.000", "0"},
      {"29.990", "29.99"},
      {"-12.50", "-12.5"},
      {"1e3", "1000"},
      {"1E+3", "1000"},
      {"1.5e-3", "0.0015"},
      {"100e-2", "1"},
      {"0e999999999", "0"},
      {"0.1e1", "1"},
      {"-0.5", "-0.5"},
      {kLargest, kLargest},
      {"1e38", "1" + std::string(38, '0')},
      {"0.001", "0.001"},
      {"-11062.06", "-11062.06"},
      {"0." + std::string(37, '0') + "1", "0." + std::string(37, '0') + "1"},
      {"1." + std::string(5'000, '0'), "1"},
      {"1" + std::string(38, '0') + "e-40", "0.01"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(D(text).ToString(), expected) << text;
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const std::string text : {"",    "-",  "+1", "01",  "-01",      "1.",  ".5",  "1.e5", "1e",    "1e+",   "1x",
                                 "0x1", " 1", "1 ", "NaN", "Infinity", "1,5", "1_0", "--1",  "1e5.5", "1.2.3", "٣"}) {
    EXPECT_EQ(Decimal::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Decimal, RefusesNumbersThatDoNotFit) {
  for (const std::string& text :
       {std::string("1e400"), std::string("-1e400"), std::string("1e39"), std::string("1e-39"),
        std::string("1e-999999999999999999999"), std::string("1e999999999999999999999"),
        std::string("170141183460469231731687303715884105728"), std::string(60, '9'),
        "0." + std::string(38, '0') + "1"}) {
    EXPECT_EQ(Decimal::Parse(text).status().code(), absl::StatusCode::kOutOfRange) << text;
  }
}

TEST(Decimal, ComparesByNumber) {
  EXPECT_EQ(D("29.9"), D("29.90"));
  EXPECT_LT(D("-1"), D("0.5"));
  EXPECT_LT(D("0.1"), D("0.11"));
  EXPECT_GT(D(kLargest), D("0.00000000001"));
  EXPECT_LT(D("0.00000000001"), D(kLargest));
  EXPECT_LT(D(kLargest).Negated(), D("-0.00000000001"));
  EXPECT_GT(D("-0.00000000001"), D(kLargest).Negated());
}

TEST(Decimal, ComputesTheWorkedSample) {
  const Decimal gross = *D("5").Multiply(D("29.99"));
  const Decimal tax = *gross.Multiply(D("0.08"));
  EXPECT_EQ(gross.ToString(), "149.95");
  EXPECT_EQ(tax.ToString(), "11.996");
  EXPECT_EQ(gross.Add(tax)->ToString(), "161.946");
  EXPECT_EQ(gross.Subtract(tax)->ToString(), "137.954");
}

TEST(Decimal, NeverWraps) {
  const Decimal largest = D(kLargest);
  EXPECT_EQ(largest.Add(Decimal(1)), std::nullopt);
  EXPECT_EQ(largest.Negated().Subtract(Decimal(1)), std::nullopt);
  EXPECT_EQ(largest.Add(D("0.1")), std::nullopt);
  EXPECT_EQ(largest.Multiply(Decimal(2)), std::nullopt);
  EXPECT_EQ(D("1e-20").Multiply(D("1e-20")), std::nullopt);
  EXPECT_EQ(largest.Negated().Abs(), largest);
  // -2^127 fits 128 bits, but its negative does not.
  const Decimal half = D("85070591730234615865843651857942052864");
  EXPECT_EQ(half.Negated().Add(half.Negated()), std::nullopt);
  EXPECT_EQ(half.Negated().Multiply(Decimal(2)), std::nullopt);
}

TEST(Decimal, MultipliesManyDecimalsWhereTrailingZerosAllowIt) {
  const Decimal padded = Decimal::Of(static_cast<__int128>(25) * 10'000'000'000'000'000, 20);
  EXPECT_EQ(padded.Multiply(padded)->ToString(), "0.00000625");
}

TEST(Decimal, MovesThePoint) {
  EXPECT_EQ(D("8").ScaleBy(-2)->ToString(), "0.08");
  EXPECT_EQ(D("0.08").ScaleBy(2)->ToString(), "8");
  EXPECT_EQ(D("1.5").ScaleBy(3)->ToString(), "1500");
  EXPECT_EQ(D("1").ScaleBy(-39), std::nullopt);
  EXPECT_EQ(D("1").ScaleBy(39), std::nullopt);
  EXPECT_EQ(D(kLargest).ScaleBy(1), std::nullopt);
}

TEST(Decimal, RoundsAsNamed) {
  const struct {
    std::string text;
    std::string half_up, half_even, down, up;
  } cases[] = {
      {"2.345", "2.35", "2.34", "2.34", "2.35"},
      {"2.355", "2.36", "2.36", "2.35", "2.36"},
      {"-2.345", "-2.35", "-2.34", "-2.34", "-2.35"},
      {"2.3451", "2.35", "2.35", "2.34", "2.35"},
      {"2.344", "2.34", "2.34", "2.34", "2.35"},
      {"2.34", "2.34", "2.34", "2.34", "2.34"},
      {"0.999", "1", "1", "0.99", "1"},
      {"0", "0", "0", "0", "0"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(D(c.text).Round(2, Rounding::kHalfUp)->ToString(), c.half_up) << c.text;
    EXPECT_EQ(D(c.text).Round(2, Rounding::kHalfEven)->ToString(), c.half_even) << c.text;
    EXPECT_EQ(D(c.text).Round(2, Rounding::kDown)->ToString(), c.down) << c.text;
    EXPECT_EQ(D(c.text).Round(2, Rounding::kUp)->ToString(), c.up) << c.text;
  }
  EXPECT_EQ(D("2.345").Round(2, Rounding::kNone), std::nullopt);
  EXPECT_EQ(D("2.3400").Round(2, Rounding::kNone)->ToString(), "2.34");
}

TEST(Decimal, GoesToMoneyAndBack) {
  const struct {
    std::string text;
    int64_t units;
    int32_t nanos;
  } cases[] = {{"0", 0, 0},
               {"149.95", 149, 950'000'000},
               {"-0.5", 0, -500'000'000},
               {"-1.000000001", -1, -1},
               {"9223372036854775807.999999999", std::numeric_limits<int64_t>::max(), 999'999'999},
               {"-9223372036854775808", std::numeric_limits<int64_t>::min(), 0}};
  for (const auto& c : cases) {
    google::type::Money money;
    ASSERT_TRUE(D(c.text).ToMoney("USD", &money).ok()) << c.text;
    EXPECT_EQ(money.units(), c.units) << c.text;
    EXPECT_EQ(money.nanos(), c.nanos) << c.text;
    EXPECT_EQ(money.currency_code(), "USD");
    EXPECT_EQ(Decimal::FromMoney(money)->ToString(), c.text);
  }
}

TEST(Decimal, RefusesWhatMoneyCannotHold) {
  google::type::Money money;
  for (const char* text : {"0.0000000001", "9223372036854775808", "-9223372036854775809", "1e38"}) {
    EXPECT_EQ(D(text).ToMoney("USD", &money).code(), absl::StatusCode::kOutOfRange) << text;
  }
  for (const auto& [units, nanos] :
       std::vector<std::pair<int64_t, int32_t>>{{0, 1'000'000'000}, {0, -1'000'000'000}, {1, -1}, {-1, 1}}) {
    money.set_units(units);
    money.set_nanos(nanos);
    EXPECT_EQ(Decimal::FromMoney(money).status().code(), absl::StatusCode::kInvalidArgument) << units << " " << nanos;
  }
}

TEST(Decimal, NumbersOf64And128BitsAreWrittenAlike) {
  for (const char* digits :
       {"9223372036854775807", "9223372036854775808", "9223372036854775809", "18446744073709551616"}) {
    for (const char* sign : {"", "-"}) {
      const std::string whole = std::string(sign) + digits;
      EXPECT_EQ(D(whole).ToString(), whole);
      // 2^63 and its neighbours once more with zeros behind the point, and with a point inside.
      const Decimal padded = *D(whole).Multiply(Decimal::Of(1'000, 3));
      EXPECT_EQ(padded.ToString(), whole);
      EXPECT_EQ(padded.Normalized().scale(), 0);
      std::string inside = whole;
      inside.insert(inside.size() - 5, 1, '.');
      EXPECT_EQ(D(inside).ToString(), inside);
      EXPECT_EQ(padded.ScaleBy(-5)->Normalized().coefficient(), D(whole).coefficient());
    }
  }
}

TEST(Decimal, NormalizesToOnePairForANumber) {
  const Decimal n = D("29.900").Normalized();
  EXPECT_TRUE(n.coefficient() == 299 && n.scale() == 1);
  EXPECT_TRUE(Decimal::Of(0, 5).Normalized().scale() == 0);
  EXPECT_EQ(D("2.50").DecimalsNeeded(), 1);
  EXPECT_TRUE(D("5.000").IsInteger());
  EXPECT_FALSE(D("5.001").IsInteger());
  EXPECT_EQ(D("-3").Sign() + D("0").Sign() + D("3").Sign(), 0);
}

TEST(Decimal, TextSurvivesARoundTrip) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const Decimal number = Decimal::Of(static_cast<int64_t>(random()), static_cast<int>(random() % 39));
    EXPECT_EQ(D(number.ToString()), number);
  }
}

}  // namespace
}  // namespace ordermesh
