#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>

#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/progress.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(FormatTest, SetsCommasInCounts) {
  const struct {
    int64_t number;
    const char* text;
  } cases[] = {{0, "0"}, {999, "999"}, {1'000, "1,000"}, {1'234'567, "1,234,567"}, {-999, "-999"}, {-1'000, "-1,000"}};
  for (const auto& c : cases) EXPECT_EQ(FormatCount(c.number), c.text);
}

TEST(FormatTest, WritesTimeLeftInTheUnitThatMatters) {
  EXPECT_EQ(FormatTimeLeft(-absl::Seconds(1)), "0 s");
  EXPECT_EQ(FormatTimeLeft(absl::Milliseconds(7'100)), "8 s");
  EXPECT_EQ(FormatTimeLeft(absl::Seconds(125)), "2 min 05 s");
  EXPECT_EQ(FormatTimeLeft(absl::Minutes(62)), "1 h 02 min");
}

TEST(FormatTest, WritesMoneyExactly) {
  const struct {
    int64_t units;
    int32_t nanos;
    const char* text;
  } cases[] = {
      {11, 996'000'000, "11.996 USD"}, {0, 0, "0.00 USD"},
      {-1, -750'000'000, "-1.75 USD"}, {0, -500'000'000, "-0.50 USD"},
      {0, 1, "0.000000001 USD"},       {std::numeric_limits<int64_t>::min(), 0, "-9223372036854775808.00 USD"}};
  for (const auto& c : cases) {
    google::type::Money money;
    money.set_currency_code("USD");
    money.set_units(c.units);
    money.set_nanos(c.nanos);
    EXPECT_EQ(FormatMoney(money), c.text);
  }
}

TEST(FormatTest, ReadsAndWritesTimes) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(FormatTime(time), "-");
  ASSERT_TRUE(ParseTime("2026-01-15T11:30:00.250+01:00", time));
  EXPECT_EQ(FormatTime(time), "2026-01-15 10:30:00.250");
  ASSERT_TRUE(ParseTime("2026-01-15", time));
  EXPECT_EQ(FormatTime(time), "2026-01-15 00:00:00");
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-01-15 10:30"})
    EXPECT_FALSE(ParseTime(text, time)) << text;
}

TEST(TableTest, AlignsColumnsByCharacters) {
  Table table({{"NAME"}, {"COUNT", Table::Align::kRight}, {"LAST"}});
  table.AddRow({"café", "1"});
  table.AddRow({"longer", "1,234", "x"});
  EXPECT_EQ(table.ToString(),
            "NAME    COUNT  LAST\n"
            "café        1\n"
            "longer  1,234  x\n");
  EXPECT_EQ(table.rows(), 2);
}

TEST(TableTest, DisarmsControlCharacters) {
  Table table({{"A"}});
  table.AddRow({"\x1b[31mred\n\x7F"});
  EXPECT_EQ(table.ToString(), "A\n?[31mred??\n");
}

TEST(TableTest, ShortensAtCharacterBorders) {
  EXPECT_EQ(Shorten("abc", 3), "abc");
  EXPECT_EQ(Shorten("äöüß", 3), "äö…");
  EXPECT_EQ(DisplayWidth("äö…"), 3);
}

TEST(SheetTest, AlignsValuesAndLeavesOutEmptyOnes) {
  EXPECT_EQ(Sheet({{"id", "1"}, {"nothing", ""}, {"name", "a\nb"}}), "id       1\nname     a?b\n");
}

TEST(FormatTest, ReadsWhenSomethingEnds) {
  const absl::Time now = absl::FromUnixSeconds(1'000);
  google::protobuf::Timestamp time;
  const std::pair<const char*, int64_t> cases[] = {
      {"5m", 1'300}, {"2h", 8'200}, {"90d", 7'777'000}, {"1w", 605'800}, {"1970-01-02", 86'400}};
  for (const auto& [text, seconds] : cases) {
    EXPECT_TRUE(ParseExpiry(text, now, time)) << text;
    EXPECT_EQ(time.seconds(), seconds) << text;
  }
  for (const char* text : {"", "d", "0d", "-1d", "90", "9x", "1.5h", "9999999w"}) {
    EXPECT_FALSE(ParseExpiry(text, now, time)) << text;
  }
}

TEST(ProgressTest, ShowsRateShareAndTimeLeft) {
  const std::string line = FormatProgress(
      "orders", {.done = 120'000, .fraction = 0.5, .elapsed = absl::Seconds(2), .note = "waiting"}, true);
  EXPECT_EQ(line, "orders  [############            ]   50 %  120,000  60,000/s  2 s left  waiting");
}

TEST(ProgressTest, ShowsWhatItKnowsWithoutAnEnd) {
  EXPECT_EQ(FormatProgress("orders", {.done = 5}, true), "orders  5");
  EXPECT_EQ(FormatProgress("orders", {.done = 5, .fraction = 1.5, .elapsed = absl::Seconds(5)}, false),
            "orders  100 %  5  1/s");
}

TEST(ProgressTest, DrawsOneLineAgainOnATerminal) {
  std::ostringstream out;
  ProgressDisplay display(out, true, "orders");
  display.Clear();
  EXPECT_THAT(out.str(), IsEmpty());
  display.Show({.done = 1});
  display.Clear();
  EXPECT_EQ(out.str(), "\r\x1b[Korders  1\r\x1b[K");
}

TEST(ProgressTest, WritesALineNowAndThenElsewhere) {
  std::ostringstream out;
  ProgressDisplay display(out, false, "orders");
  display.Show({.done = 1, .elapsed = absl::Seconds(1)});
  EXPECT_THAT(out.str(), IsEmpty());
  display.Show({.done = 2, .elapsed = absl::Seconds(5)});
  display.Show({.done = 3, .elapsed = absl::Seconds(6)});
  EXPECT_THAT(out.str(), HasSubstr("orders  2"));
  EXPECT_THAT(out.str(), Not(HasSubstr("orders  3")));
}

}  // namespace
}  // namespace ordermesh::cli
