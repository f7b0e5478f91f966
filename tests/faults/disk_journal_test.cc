#include "tests/faults/disk_journal.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::faults {
namespace {

namespace fs = std::filesystem;

class DiskJournalTest : public testing::Test {
 protected:
  DiskJournalTest() {
    root_ = (fs::temp_directory_path() / "ordermesh-journal-XXXXXX").string();
    OM_CHECK(mkdtemp(root_.data()) != nullptr);
    fs::create_directories(Path("db"));
  }
  ~DiskJournalTest() override { fs::remove_all(root_); }

  std::string Path(const std::string& name) const { return absl::StrCat(root_, "/", name); }
  // Makes the file and gives its inode.
  uint64_t Make(const std::string& name, size_t bytes) {
    std::ofstream(Path(name)) << std::string(bytes, 'x');
    struct stat info = {};
    OM_CHECK(::stat(Path(name).c_str(), &info) == 0);
    return info.st_ino;
  }
  int64_t SizeOf(const std::string& name) const { return static_cast<int64_t>(fs::file_size(Path(name))); }

  template <typename... Parts>
  void Line(const Parts&... parts) {
    absl::StrAppend(&journal_, parts...);
    journal_ += '\n';
  }
  DiskJournal Journal() {
    std::ofstream(Path("journal")) << journal_;
    return DiskJournal::Read(Path("journal"));
  }

  std::string root_;
  std::string journal_;
};

TEST_F(DiskJournalTest, NeverDropsWhatWasSyncedAndSometimesDropsTheRest) {
  bool dropped = false;
  bool torn = false;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const uint64_t inode = Make("db/log", 10'000);
    journal_.clear();
    Line("c ", inode, " ", Path("db/log"));
    Line("s ", inode, " 4000");
    Line("d ", Path("db"));
    std::mt19937_64 random(seed);
    ASSERT_TRUE(Journal().CutPower(Path("db"), random).ok());
    ASSERT_GE(SizeOf("db/log"), 4'000);
    dropped = dropped || SizeOf("db/log") == 4'000;
    torn = torn || (SizeOf("db/log") > 4'000 && SizeOf("db/log") < 10'000);
    fs::remove(Path("db/log"));
  }
  EXPECT_TRUE(dropped);
  EXPECT_TRUE(torn);
}

TEST_F(DiskJournalTest, BelievesNoSyncOfAFileAfterOneFailed) {
  const uint64_t inode = Make("db/log", 10'000);
  Line("c ", inode, " ", Path("db/log"));
  Line("s ", inode, " 4000");
  Line("f ", inode);
  Line("s ", inode, " 10000");
  EXPECT_EQ(Journal().SyncedSize(inode), 4'000);
}

TEST_F(DiskJournalTest, ForgetsNamesWhoseFolderWasNotSynced) {
  bool gone = false;
  bool kept = false;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const uint64_t inode = Make("db/log", 100);
    journal_.clear();
    Line("c ", inode, " ", Path("db/log"));
    Line("s ", inode, " 100");
    std::mt19937_64 random(seed);
    ASSERT_TRUE(Journal().CutPower(Path("db"), random).ok());
    (fs::exists(Path("db/log")) ? kept : gone) = true;
    fs::remove(Path("db/log"));
  }
  EXPECT_TRUE(gone);
  EXPECT_TRUE(kept);
}

TEST_F(DiskJournalTest, BringsBackAFileThatARenameReplaced) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const uint64_t old_inode = Make("saved", 10);
    const uint64_t new_inode = Make("db/CURRENT", 20);
    journal_.clear();
    Line("b ", old_inode, " 10");
    Line("b ", new_inode, " 20");
    Line("r ", Path("db/CURRENT.new"), "\t", Path("db/CURRENT"), "\t", Path("saved"));
    std::mt19937_64 random(seed);
    ASSERT_TRUE(Journal().CutPower(Path("db"), random).ok());
    ASSERT_EQ(SizeOf("db/CURRENT"), fs::exists(Path("db/CURRENT.new")) ? 10 : 20);
    // What was brought back is another name of what was saved.
    for (const char* name : {"db/CURRENT.new", "db/CURRENT", "saved"}) fs::remove(Path(name));
  }
}

TEST_F(DiskJournalTest, LeavesOutALineThatWasNotWrittenWhole) {
  Line("s 7 100");
  absl::StrAppend(&journal_, "s 7 1000");
  EXPECT_EQ(Journal().SyncedSize(7), 100);
}

TEST_F(DiskJournalTest, CountsEverythingAsSyncedAfterARestart) {
  const uint64_t inode = Make("db/log", 10'000);
  ASSERT_TRUE(DiskJournal::Restart(Path("db"), Path("journal")).ok());
  EXPECT_EQ(DiskJournal::Read(Path("journal")).SyncedSize(inode), 10'000);
}

}  // namespace
}  // namespace ordermesh::faults
