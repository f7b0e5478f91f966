// A store whose MANIFEST lost its end is refused; every sound one opens.
#include "services/common/kv/manifest_mark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/kv/rocks_kv.h"

namespace ordermesh::kv {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

constexpr int kFlushes = 4;

std::string ReadWhole(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void WriteWhole(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class ManifestMarkTest : public testing::Test {
 protected:
  ManifestMarkTest() {
    std::string pattern = testing::TempDir() + "/manifestXXXXXX";
    directory_ = mkdtemp(pattern.data());
    const auto kv = Open(Store());
    EXPECT_TRUE(kv.ok()) << kv.status();
    for (int i = 0; i < kFlushes; ++i) {
      const auto batch = (*kv)->NewBatch();
      batch->Put(0, absl::StrCat(i), "value");
      EXPECT_TRUE((*kv)->Write(*batch, Durability::kSynced).ok());
      EXPECT_TRUE((*kv)->Flush().ok());
    }
  }
  ~ManifestMarkTest() override { fs::remove_all(directory_); }

  static absl::StatusOr<std::unique_ptr<Kv>> Open(const fs::path& folder) {
    return OpenRocksKv({.directory = folder.string()}, {{.name = "a"}});
  }
  fs::path Store() const { return fs::path(directory_) / "db"; }
  // The store as the last process left it, to be damaged.
  fs::path Copy() const {
    const fs::path copy = fs::path(directory_) / "copy";
    fs::remove_all(copy);
    fs::copy(Store(), copy);
    return copy;
  }
  static fs::path ManifestOf(const fs::path& folder) {
    const std::string current = ReadWhole(folder / "CURRENT");
    return folder / current.substr(0, current.size() - 1);
  }
  static int KeysIn(Kv& kv) {
    int keys = 0;
    for (int i = 0; i < kFlushes; ++i) keys += kv.Get(0, absl::StrCat(i))->has_value() ? 1 : 0;
    return keys;
  }

  std::string directory_;
};

TEST_F(ManifestMarkTest, AManifestThatLostItsEndIsRefusedWhereverItIsCut) {
  const uintmax_t whole = fs::file_size(ManifestOf(Store()));
  int silently_lost = 0;
  // Inside of records and between them: the engine takes a torn last record for one that was never there.
  for (uintmax_t size = 1; size < whole; size += 13) {
    const fs::path copy = Copy();
    fs::resize_file(ManifestOf(copy), size);
    const auto opened = Open(copy);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss) << "cut at " << size << ": " << opened.status();
    // What the engine does by itself, and why there is a mark.
    fs::remove(copy / "manifest-mark");
    const auto unmarked = Open(copy);
    if (unmarked.ok() && KeysIn(**unmarked) < kFlushes) ++silently_lost;
  }
  EXPECT_GT(silently_lost, 0);
}

TEST_F(ManifestMarkTest, ASoundStoreOpensAgainAndAgain) {
  for (int i = 0; i < 5; ++i) {
    const auto kv = Open(Store());
    ASSERT_TRUE(kv.ok()) << kv.status();
    EXPECT_EQ(KeysIn(**kv), kFlushes);
    EXPECT_THAT(ReadWhole(Store() / "manifest-mark"), HasSubstr(ManifestOf(Store()).filename().string()));
  }
}

TEST_F(ManifestMarkTest, TheMarkIsRaisedByEveryFlush) {
  const auto kv = Open(Store());
  ASSERT_TRUE(kv.ok()) << kv.status();
  uintmax_t before = fs::file_size(ManifestOf(Store()));
  for (int i = 0; i < 3; ++i) {
    const auto batch = (*kv)->NewBatch();
    batch->Put(0, "more", absl::StrCat(i));
    ASSERT_TRUE((*kv)->Write(*batch, Durability::kSynced).ok());
    ASSERT_TRUE((*kv)->Flush().ok());
    EXPECT_GT(fs::file_size(ManifestOf(Store())), before);
    // A flush may end just before those who listen for it are told; a compaction may follow.
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    const auto is_marked = [this] {
      return absl::StrContains(ReadWhole(Store() / "manifest-mark"),
                               absl::StrCat(" ", fs::file_size(ManifestOf(Store())), " "));
    };
    while (!is_marked() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(is_marked());
    before = fs::file_size(ManifestOf(Store()));
  }
}

TEST_F(ManifestMarkTest, ADamagedMarkIsRefusedWithItsName) {
  const std::string mark = ReadWhole(Store() / "manifest-mark");
  for (size_t at = 0; at < mark.size(); ++at) {
    std::string damaged = mark;
    damaged[at] ^= 1;
    WriteWhole(Store() / "manifest-mark", damaged);
    const absl::Status status = Open(Store()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at;
    EXPECT_THAT(status.ToString(), HasSubstr("manifest-mark is damaged"));
  }
  WriteWhole(Store() / "manifest-mark", "");
  EXPECT_EQ(Open(Store()).status().code(), absl::StatusCode::kDataLoss);
}

// Else the engine would begin an empty store where a full one was.
TEST_F(ManifestMarkTest, AStoreWithoutItsCurrentFileIsRefusedAndNotBegunAnew) {
  const fs::path copy = Copy();
  fs::remove(copy / "CURRENT");
  const absl::Status status = Open(copy).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.ToString(), HasSubstr("does not name MANIFEST-"));
  EXPECT_FALSE(fs::exists(copy / "CURRENT"));
}

TEST_F(ManifestMarkTest, AStoreOfAnEarlierReleaseAndACheckpointOpenWithoutOne) {
  fs::remove(Store() / "manifest-mark");
  const auto kv = Open(Store());
  ASSERT_TRUE(kv.ok()) << kv.status();
  EXPECT_TRUE(fs::exists(Store() / "manifest-mark"));
  const std::string checkpoint = directory_ + "/checkpoint";
  ASSERT_TRUE((*kv)->Checkpoint(checkpoint).ok());
  EXPECT_FALSE(fs::exists(checkpoint + "/manifest-mark"));
  const auto copy = OpenRocksKvReadOnly({.directory = checkpoint}, {{.name = "a"}});
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(KeysIn(**copy), kFlushes);
}

}  // namespace
}  // namespace ordermesh::kv
