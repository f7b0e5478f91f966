#include "tests/crash/history.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ordermesh::crash {
namespace {

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() : path_(::testing::TempDir() + "history-" + std::to_string(getpid())) {}
  ~HistoryTest() override { std::filesystem::remove(path_); }

  void Write(const std::vector<Event>& events) { (*HistoryWriter::Create(path_, 7))->Append(events); }

  std::vector<Event> Read() {
    auto reader = HistoryReader::Open(path_);
    EXPECT_TRUE(reader.ok());
    std::vector<Event> events;
    while (auto event = (*reader)->Next()) events.push_back(*event);
    return events;
  }

  const std::string path_;
  const std::vector<Event> events_ = {
      {EventKind::kInvoke, 1, {}}, {EventKind::kCreated, 1, {3, 4}}, {EventKind::kUnknown, 2, {}}};
};

TEST_F(HistoryTest, GivesBackWhatWasWritten) {
  Write(events_);
  EXPECT_EQ(Read(), events_);
}

TEST_F(HistoryTest, KeepsTheSeed) {
  Write({});
  EXPECT_EQ((*HistoryReader::Open(path_))->seed(), 7u);
}

TEST_F(HistoryTest, CountsATornRecordAsTheEnd) {
  Write(events_);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  EXPECT_EQ(Read().size(), events_.size() - 1);
}

TEST_F(HistoryTest, RefusesAFileThatIsNoHistory) {
  std::ofstream(path_) << "sixteen bytes of nothing";
  EXPECT_EQ(HistoryReader::Open(path_).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(HistoryReader::Open(path_ + "-missing").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(HistoryTest, RefusesAFolderThatIsNotThere) {
  EXPECT_EQ(HistoryWriter::Create(path_ + "/missing", 1).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace ordermesh::crash
