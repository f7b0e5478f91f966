#include "services/common/kv/store_folder.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "services/common/base/errors.h"
#include "services/common/kv/testing_kv.h"

namespace ordermesh::kv {
namespace {

const std::vector<FamilyOptions> kFamilies = {{.name = "rows_v1"}};

TEST(StoreFolderTest, MakesWhatIsMissingAndKeepsTheMark) {
  const TestDirectory directory;
  const std::string data = directory.path() + "/a/b";
  {
    auto folder = OpenStoreFolder(data, {}, kFamilies);
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder->mark->Raise(7);
  }
  auto again = OpenStoreFolder(data, {}, kFamilies);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->mark->position(), 7);
  EXPECT_TRUE(std::filesystem::exists(MarkPath(data)));
}

TEST(StoreFolderTest, RefusesToStartEmptyWhereARestoreWasInterrupted) {
  const TestDirectory directory;
  std::filesystem::create_directories(directory.path() + "/.restore/db");
  const auto refused = OpenStoreDatabase(directory.path(), {}, kFamilies);
  EXPECT_EQ(ReasonOf(refused.status()), "UNFINISHED_RESTORE");
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/db"));
}

TEST(StoreFolderTest, OpensAStoreBesideWhatARestoreLeftBehind) {
  const TestDirectory directory;
  ASSERT_TRUE(OpenStoreDatabase(directory.path(), {}, kFamilies).ok());
  std::filesystem::create_directories(directory.path() + "/.restore");
  EXPECT_TRUE(OpenStoreDatabase(directory.path(), {}, kFamilies).ok());
}

}  // namespace
}  // namespace ordermesh::kv
