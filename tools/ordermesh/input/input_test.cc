#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "services/common/base/limits.h"
#include "tools/ordermesh/input/byte_source.h"
#include "tools/ordermesh/input/group_column.h"
#include "tools/ordermesh/input/json_text.h"
#include "tools/ordermesh/input/order_source.h"

namespace ordermesh::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InputTest : public ::testing::Test {
 protected:
  InputTest() {
    std::string name = (std::filesystem::temp_directory_path() / "ordermesh-input-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~InputTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  std::filesystem::path folder_;
};

std::vector<SourceOrder> ReadAll(const std::string& text, size_t block_bytes) {
  TextSource source(text, block_bytes);
  const auto orders = ReadLines(source);
  std::vector<SourceOrder> read;
  while (auto order = *orders->Next()) read.push_back(*std::move(order));
  return read;
}

TEST(LineOrdersTest, GivesEachLineByteForByteAtEveryBlockBorder) {
  const std::string text = "\xEF\xBB\xBF{\"a\":1}\n\n  \t\r\n{\"b\": 2 }\r\n\xFF not json\n{\"last\":3}";
  for (const size_t block_bytes : {size_t{1}, size_t{4}, size_t{1000}}) {
    std::vector<std::string> payloads;
    std::vector<int64_t> lines;
    for (const auto& order : ReadAll(text, block_bytes)) {
      payloads.push_back(order.payload);
      lines.push_back(order.line);
    }
    EXPECT_THAT(payloads, ElementsAre("{\"a\":1}", "{\"b\": 2 }", "\xFF not json", "{\"last\":3}"));
    EXPECT_THAT(lines, ElementsAre(1, 4, 5, 6));
  }
}

TEST(LineOrdersTest, TakesALineOfExactlyTheLimitAndNamesALongerOne) {
  const auto orders = ReadAll(std::string(kMaxOrderBytes, 'a') + "\n" + std::string(kMaxOrderBytes + 1, 'b') + "\r\n" +
                                  std::string(3 * kMaxOrderBytes, 'c') + "\nd\n",
                              1 << 16);
  ASSERT_EQ(orders.size(), 4);
  EXPECT_THAT(orders[0].fault, IsEmpty());
  EXPECT_EQ(orders[0].payload.size(), kMaxOrderBytes);
  EXPECT_THAT(orders[1].fault, HasSubstr("larger than"));
  EXPECT_THAT(orders[2].fault, HasSubstr("larger than"));
  EXPECT_THAT(orders[2].payload, IsEmpty());
  EXPECT_EQ(orders[3].payload, "d");
}

TEST(JsonTextTest, EscapesWhatJsonDemandsAndNothingElse) {
  std::string all;
  for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
  all += "caf\xC3\xA9";
  std::string json;
  AppendJsonText(all, json);
  EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), all);
  json.clear();
  AppendJsonText("\"\\\b\f\n\r\t\x01/\x7F", json);
  EXPECT_EQ(json, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7F\"");
  json.clear();
  AppendJsonText("\xFF", json);
  EXPECT_EQ(json, "\"\xFF\"");
}

TEST_F(InputTest, OpensFilesAndKnowsTheirSize) {
  const auto source = OpenBytes(Write("a.csv", "12345"));
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->TotalBytes(), 5);
  EXPECT_EQ(*(*source)->Next(), "12345");
  EXPECT_EQ((*source)->BytesRead(), 5);
  EXPECT_EQ(*(*source)->Next(), "");
}

TEST_F(InputTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(OpenBytes((folder_ / "missing").string()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(OpenBytes(folder_.string()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(InputTest, OpensStandardInput) {
  const auto source = OpenBytes("-");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->TotalBytes(), std::nullopt);
}

// A pipe that stays open: what it has brought must not wait for more.
TEST_F(InputTest, GivesWhatAPipeHasBrought) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), S_IRUSR | S_IWUSR), 0);
  // Opened for both, so that neither end waits for the other.
  const int writer = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(write(writer, "order\n", 6), 6);
  const auto source = OpenBytes(pipe);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(*(*source)->Next(), "order\n");
  EXPECT_FALSE((*source)->TotalBytes().has_value());
  close(writer);
}

TEST_F(InputTest, FindsTheGroupColumnInTheMapping) {
  Write("retail/mapping.yaml", "partner: retail\ncsv: {group_by: InvoiceNo}\n");
  Write("plain/mapping.yaml", "partner: plain\n");
  Write("scalar/mapping.yaml", "csv: 7\n");
  Write("other/mapping.yaml", "csv: {separator: comma}\n");
  EXPECT_EQ(*FindGroupColumn({folder_ / "absent", folder_}, "retail"), "InvoiceNo");
  EXPECT_EQ(*FindGroupColumn({folder_}, "plain"), "");
  EXPECT_EQ(*FindGroupColumn({folder_}, "scalar"), "");
  EXPECT_EQ(*FindGroupColumn({folder_}, "other"), "");
}

TEST_F(InputTest, RefusesAMappingThatIsMissingOrBroken) {
  Write("broken/mapping.yaml", "csv: {group_by: [\n");
  EXPECT_EQ(FindGroupColumn({folder_}, "broken").status().code(), absl::StatusCode::kInvalidArgument);
  const absl::Status missing = FindGroupColumn({folder_}, "nobody").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("--group-by"));
}

TEST_F(InputTest, LooksForConfigNextToTheProgramsProject) {
  EXPECT_THAT(DefaultConfigFolders("/project/build/bin/ordermesh"),
              ElementsAre("config/partners", "/project/config/partners"));
}

}  // namespace
}  // namespace ordermesh::cli
