#include "services/common/kv/checkpoints.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/stream_sha256.h"
#include "services/common/kv/ack_mark.h"
#include "services/common/kv/store_folder.h"
#include "services/common/kv/testing_kv.h"

namespace ordermesh::kv {
namespace {

namespace fs = std::filesystem;
using backup::v1::CheckpointManifest;

const std::vector<FamilyOptions> kFamilies = {{.name = "rows_v1"}};

// Counts the rows of a checkpoint, which are its positions.
class CountingAudit final : public CheckpointAudit {
 public:
  explicit CountingAudit(std::unique_ptr<Kv> kv) : kv_(std::move(kv)) {}

  absl::StatusOr<bool> Step(common::v1::AuditResponse* response) override {
    const auto at = kv_->NewIterator(0);
    int64_t rows = 0;
    for (at->Seek(""); at->Valid(); at->Next()) ++rows;
    response->mutable_report()->set_ok(true);
    response->mutable_report()->set_last_position(rows);
    return true;
  }

 private:
  const std::unique_ptr<Kv> kv_;
};

class CheckpointsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto kv = OpenStoreDatabase(directory_.path(), {}, kFamilies);
    ASSERT_TRUE(kv.ok()) << kv.status();
    kv_ = *std::move(kv);
    Open();
  }

  void Open() {
    CheckpointOptions options;
    options.data = directory_.path();
    options.store = "test-store";
    options.shard = 3;
    options.acknowledged = [this] { return acknowledged_; };
    options.write = [this](const std::string& to) { return kv_->Checkpoint(to); };
    options.audit = [](const std::string& from) -> absl::StatusOr<std::unique_ptr<CheckpointAudit>> {
      RocksOptions rocks;
      rocks.directory = from;
      OM_ASSIGN_OR_RETURN(auto opened, OpenRocksKvReadOnly(rocks, kFamilies));
      return std::make_unique<CountingAudit>(std::move(opened));
    };
    options.max_live = 2;
    options.clock = [this] { return now_; };
    checkpoints_.emplace(std::move(options));
  }

  void Put(int rows, size_t bytes = 100) {
    for (int i = 0; i < rows; ++i) {
      const auto batch = kv_->NewBatch();
      batch->Put(0, EncodeU64(static_cast<uint64_t>(++acknowledged_)), std::string(bytes, 'x'));
      ASSERT_TRUE(kv_->Write(*batch, Durability::kSynced).ok());
    }
  }

  absl::StatusOr<CheckpointManifest> Take() { return Finish(*checkpoints_->Start()); }

  static absl::StatusOr<CheckpointManifest> Finish(CheckpointWork& work) {
    backup::v1::CreateCheckpointResponse response;
    while (true) {
      response.Clear();
      OM_ASSIGN_OR_RETURN(const bool more, work.Step(&response));
      if (!more) return absl::InternalError("no manifest");
      if (response.has_manifest()) return response.manifest();
    }
  }

  absl::StatusOr<std::string> Read(const std::string& id, const std::string& path, int64_t offset = 0) {
    backup::v1::ReadFileRequest request;
    request.set_checkpoint_id(id);
    request.set_path(path);
    request.set_offset(offset);
    OM_ASSIGN_OR_RETURN(const auto reader, checkpoints_->Open(request));
    std::string all, chunk;
    while (true) {
      OM_ASSIGN_OR_RETURN(const bool more, reader->Read(&chunk));
      if (!more) return all;
      all += chunk;
    }
  }

  size_t Folders() const {
    std::error_code error;
    const fs::directory_iterator at(directory_.path() + "/checkpoints", error);
    return error ? 0 : static_cast<size_t>(std::distance(at, fs::directory_iterator()));
  }

  const TestDirectory directory_;
  int64_t acknowledged_ = 0;
  absl::Time now_ = absl::FromUnixSeconds(1'767'225'600);
  std::unique_ptr<Kv> kv_;
  std::optional<Checkpoints> checkpoints_;
};

TEST_F(CheckpointsTest, ACheckpointIsADataFolderThatOpensAtItsPosition) {
  Put(50);
  const auto manifest = Take();
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  Put(50);
  EXPECT_EQ(manifest->position(), 50);
  EXPECT_EQ(manifest->store(), "test-store");
  EXPECT_EQ(manifest->shard(), 3);
  const TestDirectory copy;
  fs::create_directories(copy.path() + "/db");
  for (const auto& file : manifest->files()) {
    const auto content = Read(manifest->checkpoint_id(), file.path());
    ASSERT_TRUE(content.ok()) << file.path() << ": " << content.status();
    EXPECT_EQ(static_cast<int64_t>(content->size()), file.size());
    StreamSha256 hash;
    hash.Update(*content);
    EXPECT_EQ(hash.Finish(), file.sha256()) << file.path();
    std::ofstream(copy.path() + "/" + file.path(), std::ios::binary) << *content;
  }
  auto restored = OpenStoreFolder(copy.path(), {}, kFamilies);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->mark->position(), 50);
  EXPECT_TRUE(restored->kv->Get(0, EncodeU64(50))->has_value());
  EXPECT_FALSE(restored->kv->Get(0, EncodeU64(51))->has_value());
}

TEST_F(CheckpointsTest, ATransferGoesOnWhereItWas) {
  Put(3, 600'000);
  const auto manifest = Take();
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  for (const auto& file : manifest->files()) {
    const std::string whole = *Read(manifest->checkpoint_id(), file.path());
    EXPECT_EQ(*Read(manifest->checkpoint_id(), file.path(), file.size() / 2), whole.substr(whole.size() / 2));
    EXPECT_EQ(*Read(manifest->checkpoint_id(), file.path(), file.size()), "");
    EXPECT_FALSE(Read(manifest->checkpoint_id(), file.path(), file.size() + 1).ok());
  }
}

TEST_F(CheckpointsTest, WhatIsNotOfTheCheckpointIsUnknown) {
  Put(1);
  const auto manifest = Take();
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  for (const char* path : {"", "db", "db/", "db/..", "db/../acknowledged", "../../acknowledged", "/etc/passwd", "db/x",
                           "db/.", ".", "other"}) {
    EXPECT_EQ(ReasonOf(Read(manifest->checkpoint_id(), path).status()), "UNKNOWN_FILE") << path;
  }
  EXPECT_EQ(ReasonOf(Read("../..", "acknowledged").status()), "UNKNOWN_CHECKPOINT");
  EXPECT_TRUE(checkpoints_->Delete("../..").ok());
  EXPECT_TRUE(fs::exists(directory_.path() + "/db"));
}

TEST_F(CheckpointsTest, FewLiveAtATimeAndOnlyWhileSomebodyReads) {
  Put(1);
  const auto first = Take(), second = Take();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(ReasonOf(Take().status()), "TOO_MANY_CHECKPOINTS");
  now_ += absl::Minutes(9);
  ASSERT_TRUE(Read(first->checkpoint_id(), "acknowledged").ok());
  now_ += absl::Minutes(9);
  checkpoints_->Expire();
  EXPECT_TRUE(Read(first->checkpoint_id(), "acknowledged").ok());
  EXPECT_EQ(ReasonOf(Read(second->checkpoint_id(), "acknowledged").status()), "UNKNOWN_CHECKPOINT");
  EXPECT_EQ(Folders(), 1u);
  EXPECT_TRUE(checkpoints_->Delete(first->checkpoint_id()).ok());
  EXPECT_TRUE(checkpoints_->Delete(first->checkpoint_id()).ok());
  EXPECT_EQ(Folders(), 0u);
}

TEST_F(CheckpointsTest, WorkThatIsGivenUpLeavesNothing) {
  Put(1);
  {
    const auto work = checkpoints_->Start();
    backup::v1::CreateCheckpointResponse response;
    ASSERT_TRUE(work->Step(&response).ok());
    EXPECT_EQ(Folders(), 1u);
  }
  EXPECT_EQ(Folders(), 0u);
}

TEST_F(CheckpointsTest, LeftoversOfAKilledProcessAreDeletedAtStart) {
  fs::create_directories(directory_.path() + "/checkpoints/dead/db");
  checkpoints_.reset();
  fs::create_directories(directory_.path() + "/checkpoints/dead/db");
  Open();
  EXPECT_EQ(Folders(), 0u);
}

TEST_F(CheckpointsTest, ACheckpointWithLessThanWasAcknowledgedIsRefused) {
  Put(5);
  ++acknowledged_;
  EXPECT_EQ(ReasonOf(Take().status()), "CHECKPOINT_BEHIND");
  EXPECT_EQ(Folders(), 0u);
}

TEST_F(CheckpointsTest, AFileThatNeverChangesIsHashedOnce) {
  Put(3, 200'000);
  const auto first = Take();
  const auto work = checkpoints_->Start();
  backup::v1::CreateCheckpointResponse response;
  ASSERT_TRUE(first.ok() && Finish(*work).ok());
  const auto second = Take();
  EXPECT_EQ(ReasonOf(second.status()), "TOO_MANY_CHECKPOINTS");
  checkpoints_->Delete(first->checkpoint_id()).IgnoreError();
  const auto third = Take();
  ASSERT_TRUE(third.ok()) << third.status();
  int same = 0;
  for (const auto& a : first->files()) {
    for (const auto& b : third->files()) same += a.path() == b.path() && a.sha256() == b.sha256() ? 1 : 0;
  }
  EXPECT_GE(same, 2);
}

}  // namespace
}  // namespace ordermesh::kv
