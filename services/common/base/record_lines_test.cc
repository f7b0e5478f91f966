#include "services/common/base/record_lines.h"

#include <gtest/gtest.h>

namespace ordermesh {
namespace {

TEST(CsvLineTest, QuotesWhatMustBeQuoted) {
  CsvLine line;
  line.Add("plain").Add("a,b").Add("say \"no\"").Add("two\nlines").Add("");
  EXPECT_EQ(line.Take(), "plain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",");
  EXPECT_EQ(line.Add("next").Take(), "next");
}

TEST(CsvLineTest, RunsNothingInASpreadsheet) {
  CsvLine line;
  line.Add("=HYPERLINK(\"x\")").Add("+1+1").Add("@SUM(A1)").Add("-cmd").Add("-1.50").Add("a=b");
  EXPECT_EQ(line.Take(), "\"'=HYPERLINK(\"\"x\"\")\",\"'+1+1\",\"'@SUM(A1)\",\"'-cmd\",-1.50,a=b");
}

TEST(TimeTextTest, IsRfc3339) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time), "");
  time.set_seconds(1'768'473'000);
  EXPECT_EQ(TimeText(time), "2026-01-15T10:30:00Z");
}

}  // namespace
}  // namespace ordermesh
