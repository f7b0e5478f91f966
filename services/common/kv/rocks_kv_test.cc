// What RocksDB does when its disk fails: a disk that tests can fill or break.
#include "services/common/kv/rocks_kv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/kv/rocks_options.h"

namespace ordermesh::kv {
namespace {

using testing::Not;
using testing::StartsWith;

enum class Disk { kSound, kFull, kSyncFails };

rocksdb::IOStatus Full() { return rocksdb::IOStatus::NoSpace("injected: no space"); }

// A file whose appends and syncs fail as `disk` says.
class FailingFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile> file, const std::atomic<Disk>& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    return disk_ == Disk::kFull ? Full() : FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& info, rocksdb::IODebugContext* context) override {
    return disk_ == Disk::kFull ? Full() : FSWritableFileOwnerWrapper::Append(data, options, info, context);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    if (disk_ == Disk::kSyncFails) return rocksdb::IOStatus::IOError("injected: sync failed");
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }

 private:
  const std::atomic<Disk>& disk_;
};

// A file of which one read fails.
class UnreadableFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  UnreadableFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::atomic<int>& reads_left)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), reads_left_(reads_left) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t count, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext* context) const override {
    if (reads_left_.fetch_sub(1) == 1) return rocksdb::IOStatus::IOError("injected: cannot be read");
    return FSRandomAccessFileOwnerWrapper::Read(offset, count, options, result, scratch, context);
  }

 private:
  std::atomic<int>& reads_left_;
};

class FailingFiles : public rocksdb::FileSystemWrapper {
 public:
  FailingFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FailingFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    if (disk == Disk::kFull) return Full();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, &file, context);
    if (status.ok()) *result = std::make_unique<FailingFile>(std::move(file), disk);
    return status;
  }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* context) override {
    if (opens_left.fetch_sub(1) == 1) return rocksdb::IOStatus::IOError("injected: cannot be opened");
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    const rocksdb::IOStatus status = FileSystemWrapper::NewRandomAccessFile(name, options, &file, context);
    if (status.ok()) *result = std::make_unique<UnreadableFile>(std::move(file), reads_left);
    return status;
  }

  std::atomic<Disk> disk = Disk::kSound;
  // Until the open, or the read, that fails, once; 0: none.
  std::atomic<int> opens_left = 0;
  std::atomic<int> reads_left = 0;
};

class RocksKvTest : public testing::Test {
 protected:
  RocksKvTest() : files_(std::make_shared<FailingFiles>()), env_(rocksdb::NewCompositeEnv(files_)) {
    std::string pattern = testing::TempDir() + "/rockskvXXXXXX";
    directory_ = mkdtemp(pattern.data());
    Open();
  }
  ~RocksKvTest() override {
    kv_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Open() {
    RocksOptions options;
    options.directory = directory_ + "/db";
    options.on_fatal = [this](std::string_view text) { fatal_ = text; };
    auto kv = OpenRocksKvOn(env_.get(), options, {{.name = "a"}});
    ASSERT_TRUE(kv.ok()) << kv.status();
    kv_ = *std::move(kv);
  }
  absl::Status Put(std::string_view key) {
    const auto batch = kv_->NewBatch();
    batch->Put(0, key, "value");
    return kv_->Write(*batch, Durability::kSynced);
  }
  bool Has(std::string_view key) { return kv_->Get(0, key)->has_value(); }

  std::string directory_;
  std::string fatal_;
  std::shared_ptr<FailingFiles> files_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<Kv> kv_;
};

// RocksDB's own log is such a file: where it cannot be written, a build with assertions ends the process.
TEST_F(RocksKvTest, WritesNothingThatADatabaseCanDoWithout) {
  kv_.reset();
  Open();
  for (const auto& file : std::filesystem::directory_iterator(directory_ + "/db")) {
    EXPECT_THAT(file.path().filename().string(), Not(StartsWith("LOG."))) << "a log of the engine's own";
    EXPECT_NE(file.path().filename(), "LOG");
  }
}

TEST_F(RocksKvTest, RefusesWhileTheDiskIsFullAndHealsAfterwards) {
  ASSERT_EQ(Put("before"), absl::OkStatus());
  files_->disk = Disk::kFull;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Put("refused").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Has("before"));
  EXPECT_FALSE(Has("refused"));
  files_->disk = Disk::kSound;
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!Put("after").ok() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(fatal_, "");
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/db/room"));
  kv_.reset();
  Open();
  EXPECT_TRUE(Has("before"));
  EXPECT_TRUE(Has("after"));
  EXPECT_FALSE(Has("refused"));
}

// RocksDB counts a log that it could not open among the errors that it never resumes from.
TEST_F(RocksKvTest, EndsTheProcessOnlyWhenThereIsRoomWhereTheEngineCannotResume) {
  ASSERT_EQ(Put("before"), absl::OkStatus());
  files_->disk = Disk::kFull;
  EXPECT_EQ(kv_->Flush().code(), absl::StatusCode::kResourceExhausted);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Put("refused").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Has("before"));
  EXPECT_EQ(fatal_, "");
  files_->disk = Disk::kSound;
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (fatal_.empty() && absl::Now() < deadline) {
    EXPECT_FALSE(Put("refused").ok());
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_THAT(fatal_, testing::HasSubstr("there is room again"));
  kv_.reset();
  Open();
  EXPECT_TRUE(Has("before"));
  EXPECT_FALSE(Has("refused"));
  EXPECT_EQ(Put("after"), absl::OkStatus());
}

TEST_F(RocksKvTest, EndsTheProcessAfterAFailedSync) {
  ASSERT_EQ(Put("before"), absl::OkStatus());
  files_->disk = Disk::kSyncFails;
  EXPECT_EQ(Put("lost").code(), absl::StatusCode::kInternal);
  EXPECT_THAT(fatal_, testing::HasSubstr("sync failed"));
  files_->disk = Disk::kSound;
}

// A file that cannot be opened or read makes an error, never a gap: RocksDB's iterators passed over such files.
TEST_F(RocksKvTest, WhatCannotBeReadIsAnErrorAndNeverAGap) {
  constexpr int kKeys = 400;
  const auto key = [](int number) { return EncodeU64(static_cast<uint64_t>(number)); };
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(Put(key(i)).ok());
    if (i % 10 == 9) ASSERT_TRUE(kv_->Flush().ok());
  }
  for (std::atomic<int>* left : {&files_->opens_left, &files_->reads_left}) {
    int failed = 0;
    for (int operation = 1; operation <= 60; ++operation) {
      kv_.reset();
      Open();
      *left = operation;
      const auto at = kv_->NewIterator(0);
      int seen = 0;
      for (at->Seek(key(0)); at->Valid() && at->key() == key(seen); at->Next()) ++seen;
      if (*left <= 0) ++failed;
      if (seen < kKeys) EXPECT_FALSE(at->status().ok()) << "a gap after " << seen << " keys";
      *left = 0;
    }
    EXPECT_GT(failed, 10);
  }
}

TEST_F(RocksKvTest, RefusesASecondOpening) {
  const auto second = OpenRocksKv({.directory = directory_ + "/db"}, {{.name = "a"}});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RocksKvTest, WritesAnOpenableCopy) {
  ASSERT_EQ(Put("key"), absl::OkStatus());
  ASSERT_EQ(kv_->Checkpoint(directory_ + "/copy"), absl::OkStatus());
  EXPECT_EQ(kv_->Checkpoint(directory_ + "/copy").code(), absl::StatusCode::kAlreadyExists);
  const auto copy = OpenRocksKv({.directory = directory_ + "/copy"}, {{.name = "a"}});
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_TRUE((*copy)->Get(0, "key")->has_value());
}

TEST(ExitOnFatalTest, EndsTheProcessWithItsOwnStatus) {
  EXPECT_EXIT(ExitOnFatal("the \"text\""), testing::ExitedWithCode(70), "the  text ");
}

}  // namespace
}  // namespace ordermesh::kv
