#include "services/common/base/unified_diff.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ordermesh {
namespace {

using ::testing::HasSubstr;

// "a b c" as three lines.
std::string Lines(const std::string& words) {
  std::string text;
  for (const auto word : absl::StrSplit(words, ' ', absl::SkipEmpty())) absl::StrAppend(&text, word, "\n");
  return text;
}

std::string Hunks(const std::string& before, const std::string& after) {
  const std::string diff = UnifiedDiff("f", before, after);
  const std::string head = "--- a/f\n+++ b/f\n";
  EXPECT_TRUE(diff.empty() || diff.substr(0, head.size()) == head) << diff;
  return diff.empty() ? "" : diff.substr(head.size());
}

struct DiffCase {
  std::string before, after, hunks;
};

TEST(UnifiedDiffTest, SaysWhatDiffSays) {
  const DiffCase cases[] = {
      {Lines("a b c"), Lines("a b c"), ""},
      {Lines("a b c"), Lines("a x c"), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
      {"", Lines("a b"), "@@ -0,0 +1,2 @@\n+a\n+b\n"},
      {Lines("a b"), "", "@@ -1,2 +0,0 @@\n-a\n-b\n"},
      {Lines("a"), Lines("b"), "@@ -1 +1 @@\n-a\n+b\n"},
      {Lines("1 2 3 4 5"), Lines("1 2 3 4 5 6"), "@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n"},
      {Lines("1 2 3 4 5"), Lines("0 1 2 3 4 5"), "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n"},
      {"a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
      {"a", "a\nb", "@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"},
      // Six common lines are one hunk, seven are two.
      {Lines("x 1 2 3 4 5 6 x"), Lines("y 1 2 3 4 5 6 y"), "@@ -1,8 +1,8 @@\n-x\n+y\n 1\n 2\n 3\n 4\n 5\n 6\n-x\n+y\n"},
      {Lines("x 1 2 3 4 5 6 7 x"), Lines("y 1 2 3 4 5 6 7 y"),
       "@@ -1,4 +1,4 @@\n-x\n+y\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-x\n+y\n"},
      {Lines("a b c a b b a"), Lines("c b a b a c"), "@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n"},
  };
  for (const DiffCase& c : cases) EXPECT_EQ(Hunks(c.before, c.after), c.hunks) << c.before << "---\n" << c.after;
}

TEST(UnifiedDiffTest, AMissingFileIsDevNull) {
  EXPECT_EQ(UnifiedDiff("d/f", std::nullopt, "a\n"), "--- /dev/null\n+++ b/d/f\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(UnifiedDiff("d/f", "a\n", std::nullopt), "--- a/d/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
  EXPECT_EQ(UnifiedDiff("f", std::nullopt, ""), "--- /dev/null\n+++ b/f\n");
  EXPECT_EQ(UnifiedDiff("f", std::nullopt, std::nullopt), "");
}

TEST(UnifiedDiffTest, WhatIsNoTextIsOnlySaidToDiffer) {
  const std::string zero("a\0b", 3);
  EXPECT_EQ(UnifiedDiff("f", zero, "a"), "Files a/f and b/f differ\n");
  EXPECT_EQ(UnifiedDiff("f", "a", "\xff"), "Files a/f and b/f differ\n");
  EXPECT_EQ(UnifiedDiff("f", zero, zero), "");
}

TEST(UnifiedDiffTest, KnowsUtf8) {
  for (const char* text :
       {"", "ascii", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsText(text)) << text;
  }
  for (const char* bytes : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3("}) {
    EXPECT_FALSE(IsText(bytes)) << testing::PrintToString(std::string(bytes));
  }
}

// What patch(1) makes of `before`.
std::string Apply(const std::string& before, const std::string& hunks) {
  const std::vector<std::string> lines = absl::StrSplit(before, '\n');
  std::string after;
  size_t at = 0;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(hunks, '\n', absl::SkipEmpty()))) {
    if (line[0] == '@') {
      const std::vector<std::string> range = absl::StrSplit(line.substr(4), absl::ByAnyChar(", "));
      size_t first = 0;
      EXPECT_TRUE(absl::SimpleAtoi(range[0], &first));
      const bool empty = range[1] == "0";
      for (; at < first - (empty ? 0 : 1); ++at) absl::StrAppend(&after, lines[at], "\n");
    } else if (line[0] == '+') {
      absl::StrAppend(&after, line.substr(1), "\n");
    } else {
      EXPECT_EQ(line.substr(1), lines[at]);
      if (line[0] == ' ') absl::StrAppend(&after, lines[at], "\n");
      ++at;
    }
  }
  for (; at + 1 < lines.size(); ++at) absl::StrAppend(&after, lines[at], "\n");
  return after;
}

TEST(UnifiedDiffTest, AppliedToTheOldTextItGivesTheNewOne) {
  const uint32_t seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto text = [&random](size_t lines, int words) {
    std::string made;
    for (size_t i = 0; i < lines; ++i) absl::StrAppend(&made, "w", random() % words, "\n");
    return made;
  };
  for (int round = 0; round < 2'000; ++round) {
    const std::string before = text(random() % 40, 1 + static_cast<int>(random() % 8));
    std::string after = text(random() % 40, 1 + static_cast<int>(random() % 8));
    if (round % 2 == 0) after = before + after + before;
    ASSERT_EQ(Apply(before, Hunks(before, after)), after) << "seed " << seed;
  }
}

TEST(UnifiedDiffTest, TextsThatHaveLittleInCommonAreReplacedWhole) {
  std::string before = "same\n", after = "same\n";
  for (int i = 0; i < 2'000; ++i) {
    absl::StrAppend(&before, "a", i, "\n", "common", i, "\n");
    absl::StrAppend(&after, "b", i, "\n", "common", i, "\n");
  }
  const std::string hunks = Hunks(before, after);
  EXPECT_EQ(Apply(before, hunks), after);
  EXPECT_THAT(hunks, HasSubstr("-common5\n"));
}

TEST(UnifiedDiffTest, ManyLinesTakeBoundedTime) {
  std::string before, after;
  for (size_t i = 0; i < kMaxDiffLines; ++i) absl::StrAppend(&before, i % 2, "\n");
  for (size_t i = 0; i < kMaxDiffLines; ++i) absl::StrAppend(&after, i % 3, "\n");
  EXPECT_EQ(Apply(before, Hunks(before, after)), after);
}

}  // namespace
}  // namespace ordermesh
