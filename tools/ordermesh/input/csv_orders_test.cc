#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/limits.h"
#include "tools/ordermesh/input/csv_reader.h"
#include "tools/ordermesh/input/order_source.h"

namespace ordermesh::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Rows = std::vector<std::vector<std::string>>;

Rows ReadRows(const std::string& text, size_t block_bytes) {
  TextSource source(text, block_bytes);
  CsvReader reader(source);
  CsvRow row;
  Rows rows;
  while (*reader.Next(row)) rows.push_back(row.fields);
  return rows;
}

TEST(CsvReaderTest, ReadsEveryFormOfRowAtEveryBlockBorder) {
  const struct {
    std::string text;
    Rows rows;
  } cases[] = {
      {"", {}},
      {"a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"a,b\n1,2", {{"a", "b"}, {"1", "2"}}},
      {"a,b\r\n1,2\r\n", {{"a", "b"}, {"1", "2"}}},
      {"a,b\r1,2\r", {{"a", "b"}, {"1", "2"}}},
      {"\xEF\xBB\xBF"
       "a,b\n",
       {{"a", "b"}}},
      {"\xEF\xBB\xBF", {}},
      {"a\n\n\r\nb\n", {{"a"}, {"b"}}},
      {"\"a,b\",c\n", {{"a,b", "c"}}},
      {"\"say \"\"hi\"\"\",c\n", {{"say \"hi\"", "c"}}},
      {"\"two\nlines\",\"cr\r\nlf\"\n", {{"two\nlines", "cr\r\nlf"}}},
      {"\"\",\n", {{"", ""}}},
      {",\n", {{"", ""}}},
      {"a,\n", {{"a", ""}}},
      {"5\" pipe,x\n", {{"5\" pipe", "x"}}},
      {"\"a\"b,c\n", {{"ab", "c"}}},
      {"\"open,c\n", {{"open,c\n"}}},
      {"caf\xC3\xA9,\xFF\n", {{"caf\xC3\xA9", "\xFF"}}},
  };
  for (const auto& c : cases) {
    for (const size_t block_bytes : {size_t{1}, size_t{2}, size_t{3}, size_t{1000}}) {
      EXPECT_EQ(ReadRows(c.text, block_bytes), c.rows) << c.text << " in blocks of " << block_bytes;
    }
  }
}

TEST(CsvReaderTest, CountsLinesWithinQuotes) {
  TextSource source("a\n\"x\ny\"\n\nb\n");
  CsvReader reader(source);
  CsvRow row;
  std::vector<int64_t> lines;
  while (*reader.Next(row)) lines.push_back(row.line);
  EXPECT_THAT(lines, ElementsAre(1, 2, 5));
}

TEST(CsvReaderTest, KeepsOnlyTheStartOfARowThatIsTooLarge) {
  TextSource source("key," + std::string(3 * kMaxOrderBytes, 'x') + ",end\nb,c\n");
  CsvReader reader(source);
  CsvRow row;
  ASSERT_TRUE(*reader.Next(row));
  EXPECT_TRUE(row.too_large);
  EXPECT_EQ(row.fields[0], "key");
  EXPECT_LE(row.fields[1].size(), kMaxOrderBytes);
  ASSERT_TRUE(*reader.Next(row));
  EXPECT_FALSE(row.too_large);
  EXPECT_THAT(row.fields, ElementsAre("b", "c"));
}

class CsvOrdersTest : public ::testing::Test {
 protected:
  std::vector<SourceOrder> Read(const std::string& text, const std::string& group_by) {
    TextSource source(text, 7);
    auto orders = ReadCsv(source, group_by);
    EXPECT_TRUE(orders.ok()) << orders.status();
    std::vector<SourceOrder> read;
    while (true) {
      auto order = (*orders)->Next();
      EXPECT_TRUE(order.ok()) << order.status();
      if (!order.ok() || !order->has_value()) return read;
      read.push_back(**std::move(order));
    }
  }
  absl::Status Refuse(const std::string& text, const std::string& group_by) {
    TextSource source(text);
    return ReadCsv(source, group_by).status();
  }
};

TEST_F(CsvOrdersTest, GroupsConsecutiveRows) {
  const auto orders = Read("Code,InvoiceNo,Qty\nA,1,6\nB,1,2\nC,2,1\nD,1,9\n", "InvoiceNo");
  ASSERT_EQ(orders.size(), 3);
  EXPECT_EQ(orders[0].payload, R"({"InvoiceNo":"1","lines":[{"Code":"A","Qty":"6"},{"Code":"B","Qty":"2"}]})");
  EXPECT_EQ(orders[1].payload, R"({"InvoiceNo":"2","lines":[{"Code":"C","Qty":"1"}]})");
  EXPECT_EQ(orders[2].payload, R"({"InvoiceNo":"1","lines":[{"Code":"D","Qty":"9"}]})");
  EXPECT_EQ(orders[0].line, 2);
  EXPECT_EQ(orders[2].line, 5);
}

TEST_F(CsvOrdersTest, MakesAFlatOrderOfEachRowWithoutGroup) {
  const auto orders = Read("id,name\n1,\"a \"\"b\"\"\"\n2,x\\y\n", "");
  ASSERT_EQ(orders.size(), 2);
  EXPECT_EQ(orders[0].payload, R"({"id":"1","name":"a \"b\""})");
  EXPECT_EQ(orders[1].payload, R"({"id":"2","name":"x\\y"})");
}

TEST_F(CsvOrdersTest, PassesBytesOnThatAreNotUtf8) {
  const auto orders = Read("id,name\n1,\xFF\xC3\n", "");
  ASSERT_EQ(orders.size(), 1);
  EXPECT_EQ(orders[0].payload, "{\"id\":\"1\",\"name\":\"\xFF\xC3\"}");
}

TEST_F(CsvOrdersTest, NamesRowsThatDoNotFitAndLetsTheOthersFlow) {
  const auto orders = Read("no,a\n1,x\n2,x,y\n2,z\n3,x\n4\n5,\"open\n", "no");
  ASSERT_EQ(orders.size(), 4);
  EXPECT_THAT(orders[0].fault, IsEmpty());
  EXPECT_THAT(orders[1].fault, HasSubstr("line 3 has 3 fields, the header 2"));
  EXPECT_THAT(orders[1].payload, IsEmpty());
  EXPECT_THAT(orders[2].fault, HasSubstr("line 6 has 1 fields"));
  EXPECT_THAT(orders[3].fault, HasSubstr("line 6 is damaged"));
}

TEST_F(CsvOrdersTest, NamesAQuoteThatIsNeverClosed) {
  const auto orders = Read("no,a\n1,x\n2,\"open\n3,x\n", "no");
  ASSERT_EQ(orders.size(), 2);
  EXPECT_THAT(orders[0].fault, IsEmpty());
  EXPECT_THAT(orders[1].fault, HasSubstr("a quote that opens in the row of line 3 is never closed"));
}

TEST_F(CsvOrdersTest, HoldsBothNeighboursBackWhereADamagedRowLostItsKey) {
  const auto orders = Read("a,no\nx,1\nx,y,2\nz,2\nx,3\n", "no");
  ASSERT_EQ(orders.size(), 3);
  EXPECT_THAT(orders[0].fault, HasSubstr("line 3"));
  EXPECT_THAT(orders[1].fault, HasSubstr("line 3 is damaged and may belong to this order"));
  EXPECT_THAT(orders[2].fault, IsEmpty());
}

TEST_F(CsvOrdersTest, RefusesOnlyTheOrderThatGrowsTooLarge) {
  std::string text = "no,a\n1,x\n";
  const std::string part(kMaxOrderBytes / 4, 'y');
  for (int i = 0; i < 6; ++i) text += "2," + part + "\n";
  const auto orders = Read(text + "3,x\n", "no");
  ASSERT_EQ(orders.size(), 3);
  EXPECT_THAT(orders[0].fault, IsEmpty());
  EXPECT_THAT(orders[1].fault, HasSubstr("larger than 1048576 bytes"));
  EXPECT_THAT(orders[2].fault, IsEmpty());
}

TEST_F(CsvOrdersTest, RefusesHeadersThatCannotWork) {
  const struct {
    std::string text;
    std::string group_by;
    std::string message;
  } cases[] = {
      {"", "", "empty"},
      {"a,b,a\n", "", "two columns named \"a\""},
      {"a,b\n", "c", "no column \"c\" to group its rows by; it has: a, b"},
      {"a,lines\n", "lines", "rename"},
      {"a,\"b\n", "", "has no end"},
  };
  for (const auto& c : cases) {
    const absl::Status status = Refuse(c.text, c.group_by);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace ordermesh::cli
