#include "services/common/kv/ack_mark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ordermesh::kv {
namespace {

class AckMarkTest : public testing::Test {
 protected:
  AckMarkTest() {
    std::string pattern = testing::TempDir() + "/markXXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/mark";
  }
  ~AckMarkTest() override { std::filesystem::remove_all(directory_); }

  int64_t Reopened() {
    auto mark = AckMark::Open(path_);
    EXPECT_TRUE(mark.ok()) << mark.status();
    return (*mark)->position();
  }
  void Damage(int64_t offset) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get());
    file.seekp(offset);
    file.put(static_cast<char>(byte ^ 0x10));
  }

  std::string directory_;
  std::string path_;
};

TEST_F(AckMarkTest, StartsAtZero) { EXPECT_EQ(Reopened(), 0); }

TEST_F(AckMarkTest, KeepsTheHighestPosition) {
  {
    auto mark = AckMark::Open(path_);
    ASSERT_TRUE(mark.ok()) << mark.status();
    for (const int64_t position : std::vector<int64_t>{1, 7, 5, 4'000'000'000}) (*mark)->Raise(position);
    EXPECT_EQ((*mark)->position(), 4'000'000'000);
  }
  EXPECT_EQ(Reopened(), 4'000'000'000);
}

TEST_F(AckMarkTest, FallsBackToTheOtherSlotWhereOneIsTorn) {
  (*AckMark::Open(path_))->Raise(10);
  (*AckMark::Open(path_))->Raise(20);
  Damage(0);
  const int64_t first = Reopened();
  Damage(0);
  Damage(16);
  const int64_t second = Reopened();
  EXPECT_EQ(std::min(first, second), 10);
  EXPECT_EQ(std::max(first, second), 20);
}

TEST_F(AckMarkTest, RefusesWhenNoSlotIsValid) {
  Reopened();
  Damage(3);
  Damage(25);
  EXPECT_EQ(AckMark::Open(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(AckMarkTest, RefusesAFileThatIsNotOnePage) {
  std::ofstream(path_) << "short";
  EXPECT_EQ(AckMark::Open(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(AckMarkTest, NamesTheFileItCannotCreate) {
  path_ = directory_ + "/missing/mark";
  const auto status = AckMark::Open(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(path_));
}

}  // namespace
}  // namespace ordermesh::kv
