#include "tests/faults/disk.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/disk_journal.h"
#include "tests/support/mesh.h"
#include "tests/support/process.h"

namespace ordermesh::faults {
namespace {

namespace fs = std::filesystem;

// A store of three lines of Python: what it says is what its calls gave back.
class DiskTest : public ::testing::Test {
 protected:
  DiskTest()
      : data_(ordermesh::testing::Mesh::NewDataFolder()), disk_(data_, ORDERMESH_DISK_FAULTS, /*journals=*/true) {
    fs::create_directories(data_ + "/order-store");
  }
  ~DiskTest() override { fs::remove_all(data_); }

  // `f` is an open file of the order-store; try_(call) says "ok" or the name of its error.
  std::string Run(const std::string& script) {
    const std::string program = absl::StrCat(
        "import errno, os\n"
        "def try_(call):\n"
        "  try:\n"
        "    call()\n"
        "    print('ok', end=' ')\n"
        "  except OSError as error:\n"
        "    print(errno.errorcode[error.errno], end=' ')\n"
        "f = os.open('",
        Path(), "', os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)\n", script, "\n");
    const auto result = ordermesh::testing::RunProcess({"python3", "-c", program}, disk_.Environment());
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }
  std::string Path() const { return data_ + "/order-store/log"; }

  // Of the order-store's file, as its journal has it.
  int64_t SyncedSize() const {
    struct stat info = {};
    EXPECT_EQ(::stat(Path().c_str(), &info), 0);
    return DiskJournal::Read(data_ + ".disk.journal.0").SyncedSize(info.st_ino);
  }

  const std::string data_;
  Disk disk_;
};

TEST_F(DiskTest, FailsTheChosenOperationOnce) {
  disk_.FailIn(2, kWrite, EIO);
  EXPECT_EQ(Run("for i in range(3): try_(lambda: os.write(f, b'x'))"), "ok EIO ok ");
  EXPECT_EQ(disk_.control().failures, 1);
}

TEST_F(DiskTest, LeavesOtherStoresAlone) {
  disk_.Choose({ordermesh::testing::kErrorStore});
  disk_.FailIn(1, kAnyOperation, EIO);
  EXPECT_EQ(Run("try_(lambda: os.write(f, b'x')); try_(lambda: os.fsync(f))"), "ok ok ");
}

TEST_F(DiskTest, TakesABlockAtATimeUntilItIsFull) {
  // One block goes to the new file itself.
  disk_.control().room = 4 * 4'096;
  EXPECT_EQ(Run("print(os.write(f, bytes(8000)), os.write(f, bytes(8000)), end=' ')\n"
                "try_(lambda: os.write(f, b'x' * 5000))"),
            "8000 4096 ENOSPC ");
  EXPECT_GT(disk_.control().refused_for_space, 0);
}

TEST_F(DiskTest, MakesSyncsSlow) {
  disk_.control().sync_delay_us = 200'000;
  const absl::Time start = absl::Now();
  EXPECT_EQ(Run("try_(lambda: os.fsync(f))"), "ok ");
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(200));
}

TEST_F(DiskTest, KeepsWhatWasSyncedWhenThePowerGoes) {
  Run("os.write(f, b'x' * 1000); os.fsync(f); os.fsync(os.open(os.path.dirname('" + Path() + "'), os.O_RDONLY))");
  bool lost = false;
  for (uint64_t seed = 1; seed <= 20 && !lost; ++seed) {
    // What survived a cut is synced.
    const auto synced = seed == 1 ? 1'000 : fs::file_size(Path());
    Run("os.write(f, b'y' * 1000)");
    std::mt19937_64 random(seed);
    ASSERT_TRUE(disk_.CutPower(ordermesh::testing::kOrderStore, random).ok());
    ASSERT_GE(fs::file_size(Path()), synced);
    lost = fs::file_size(Path()) == synced;
  }
  EXPECT_TRUE(lost);
}

TEST_F(DiskTest, LosesForGoodWhatAFailedSyncHeld) {
  Run("os.write(f, b'x' * 1000); os.fsync(f)");
  disk_.FailIn(1, kSync, EIO);
  EXPECT_EQ(Run("os.write(f, b'y' * 1000); try_(lambda: os.fsync(f)); try_(lambda: os.fsync(f))"), "EIO ok ");
  EXPECT_EQ(SyncedSize(), 1'000);
}

TEST_F(DiskTest, SaysNothingOfAPlantedLostError) {
  disk_.control().swallows_sync_errors = 1;
  disk_.FailIn(1, kSync, EIO);
  EXPECT_EQ(Run("os.write(f, b'x' * 1000); try_(lambda: os.fsync(f))"), "ok ");
  EXPECT_EQ(SyncedSize(), 0);
}

}  // namespace
}  // namespace ordermesh::faults
