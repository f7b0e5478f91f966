#include "services/partners/domain/config_files.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

using ::testing::HasSubstr;

ConfigFiles Files(const std::vector<std::pair<std::string, std::string>>& named) {
  ConfigFiles files;
  for (const auto& [path, content] : named) {
    auto* file = files.Add();
    file->set_path(path);
    file->set_content(content);
  }
  return files;
}

TEST(ConfigFilesTest, FilesAreTakenInTheOrderOfTheirPaths) {
  const auto taken = TakeFiles(Files({{"mapping.yaml", "m"}, {"examples/b.yaml", "b"}, {"examples/a.yaml", ""}}));
  ASSERT_TRUE(taken.ok()) << taken.status();
  ASSERT_EQ(taken->size(), 3);
  EXPECT_EQ((*taken)[0].path(), "examples/a.yaml");
  EXPECT_EQ((*taken)[1].content(), "b");
  EXPECT_EQ((*taken)[2].path(), "mapping.yaml");
}

TEST(ConfigFilesTest, RefusesBadPaths) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "must not be empty"},
      {"/mapping.yaml", "must be relative"},
      {"a//b", "must be relative"},
      {"a/", "must be relative"},
      {"../mapping.yaml", "must be relative"},
      {"a/./b", "must be relative"},
      {"examples/.hidden", "must be relative"},
      {"a\\b", "must have no backslash"},
      {"a\nb", "must have no control characters"},
      {"a\x01", "must have no control characters"},
      {std::string(256, 'a'), "must be at most 255 bytes"},
      {"partner.yaml", "holds settings"},
  };
  for (const auto& [path, rule] : cases) {
    const absl::Status status = TakeFiles(Files({{"mapping.yaml", ""}, {path, ""}})).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("files[1].path: ")) << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr(rule)) << path;
  }
}

TEST(ConfigFilesTest, RefusesSetsBeyondTheRules) {
  EXPECT_THAT(std::string(TakeFiles(Files({{"a", ""}})).status().message()), HasSubstr("must hold mapping.yaml"));
  EXPECT_THAT(std::string(TakeFiles(Files({})).status().message()), HasSubstr("must hold mapping.yaml"));
  EXPECT_THAT(std::string(TakeFiles(Files({{"mapping.yaml", ""}, {"mapping.yaml", "x"}})).status().message()),
              HasSubstr("mapping.yaml once only"));
  std::vector<std::pair<std::string, std::string>> many = {{"mapping.yaml", ""}};
  while (many.size() < 200) many.emplace_back(absl::StrCat("f", many.size()), "");
  EXPECT_TRUE(TakeFiles(Files(many)).ok());
  many.emplace_back("one-more", "");
  EXPECT_THAT(std::string(TakeFiles(Files(many)).status().message()), HasSubstr("at most 200"));
  const std::string rest(kMaxConfigBytes - 12, 'x');
  EXPECT_TRUE(TakeFiles(Files({{"mapping.yaml", rest}})).ok());
  EXPECT_THAT(std::string(TakeFiles(Files({{"mapping.yaml", rest + "x"}})).status().message()),
              HasSubstr("at most 1 MiB"));
}

TEST(ConfigFilesTest, MessagesAreBounded) {
  EXPECT_TRUE(CheckMessage("why", true).ok());
  EXPECT_TRUE(CheckMessage("two\n\tlines", true).ok());
  EXPECT_TRUE(CheckMessage("", false).ok());
  EXPECT_TRUE(CheckMessage(std::string(1'024, 'x'), true).ok());
  EXPECT_THAT(std::string(CheckMessage("", true).message()), HasSubstr("message: is required"));
  EXPECT_THAT(std::string(CheckMessage(std::string(1'025, 'x'), false).message()),
              HasSubstr("message: must be at most"));
}

TEST(ConfigFilesTest, SetsAreTheSameByPathAndContent) {
  const ConfigFiles files = Files({{"a", "1"}, {"b", "2"}});
  EXPECT_TRUE(SameFiles(files, Files({{"a", "1"}, {"b", "2"}})));
  EXPECT_FALSE(SameFiles(files, Files({{"a", "1"}, {"b", "3"}})));
  EXPECT_FALSE(SameFiles(files, Files({{"a", "1"}, {"c", "2"}})));
  EXPECT_FALSE(SameFiles(files, Files({{"a", "1"}})));
}

TEST(ConfigFilesTest, ADiffNamesEachFileThatDiffers) {
  v1::DiffConfigVersionsResponse response;
  DiffFiles(Files({{"a", "1\n"}, {"b", "2\n"}, {"c", "3\n"}}), Files({{"a", "1\n"}, {"bb", "2\n"}, {"c", "4\n"}}),
            &response);
  ASSERT_EQ(response.files_size(), 3);
  EXPECT_EQ(response.files(0).path(), "b");
  EXPECT_EQ(response.files(0).unified_diff(), "--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-2\n");
  EXPECT_EQ(response.files(1).path(), "bb");
  EXPECT_THAT(response.files(1).unified_diff(), HasSubstr("--- /dev/null\n+++ b/bb\n"));
  EXPECT_EQ(response.files(2).path(), "c");
  v1::DiffConfigVersionsResponse same;
  DiffFiles(Files({{"a", "1"}}), Files({{"a", "1"}}), &same);
  EXPECT_EQ(same.files_size(), 0);
}

TEST(ConfigFilesTest, DiffsAreBoundedInAll) {
  std::string before, after;
  for (size_t i = 0; i < kMaxConfigBytes / 2; ++i) before += "a\n";
  for (size_t i = 0; i < kMaxConfigBytes / 2; ++i) after += "b\n";
  v1::DiffConfigVersionsResponse response;
  DiffFiles(Files({{"long", before}, {"short", "1\n"}}), Files({{"long", after}, {"short", "2\n"}}), &response);
  ASSERT_EQ(response.files_size(), 2);
  EXPECT_EQ(response.files(0).unified_diff(), "Files a/long and b/long differ\n");
  EXPECT_THAT(response.files(1).unified_diff(), HasSubstr("+2\n"));
}

}  // namespace
}  // namespace ordermesh::partners
