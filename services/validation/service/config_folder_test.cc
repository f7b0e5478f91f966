#include "services/validation/service/config_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "services/common/base/errors.h"
#include "services/validation/domain/mapping_compiler.h"

namespace ordermesh::validation {
namespace {

namespace fs = std::filesystem;

class ConfigFolderTest : public testing::Test {
 protected:
  ConfigFolderTest() {
    std::string pattern = testing::TempDir() + "/config_folder_XXXXXX";
    OM_CHECK(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  ~ConfigFolderTest() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& content) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << content;
  }

  fs::path root_;
};

TEST_F(ConfigFolderTest, ReadsTheFoldersThatHoldAMapping) {
  Write("b/mapping.yaml", "version: 1");
  Write("b/examples/one.yaml", std::string("a\0b", 3));
  Write("b/.hidden", "x");
  Write("b/.git/config", "x");
  Write("a/mapping.yaml", "");
  Write("notes/readme.txt", "no partner");
  Write("stray.txt", "no folder");
  const auto folders = LoadPartnerFolders(root_.string());
  ASSERT_TRUE(folders.ok()) << folders.status();
  ASSERT_EQ(folders->size(), 2u);
  EXPECT_EQ((*folders)[0].partner_id, "a");
  EXPECT_EQ((*folders)[1].partner_id, "b");
  const ConfigFiles& files = (*folders)[1].files;
  ASSERT_EQ(files.size(), 2);
  EXPECT_EQ(files[0].path(), "examples/one.yaml");
  EXPECT_EQ(files[0].content(), std::string("a\0b", 3));
  EXPECT_EQ(files[1].path(), "mapping.yaml");
}

TEST_F(ConfigFolderTest, RefusesAMissingDirectory) {
  const auto folders = LoadPartnerFolders((root_ / "none").string());
  EXPECT_EQ(folders.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(folders.status()), "NO_CONFIG_DIRECTORY");
}

TEST_F(ConfigFolderTest, RefusesFilesBeyondTheLimits) {
  Write("a/mapping.yaml", "version: 1");
  Write("a/large.json", std::string(kMaxConfigFileBytes + 1, ' '));
  EXPECT_EQ(ReasonOf(LoadPartnerFolders(root_.string()).status()), "BAD_CONFIG_FILE");
  fs::remove(root_ / "a/large.json");
  for (int i = 0; i < kMaxFolderFiles; ++i) Write("a/f" + std::to_string(i), "");
  EXPECT_EQ(ReasonOf(LoadPartnerFolders(root_.string()).status()), "BAD_CONFIG_FILE");
}

}  // namespace
}  // namespace ordermesh::validation
