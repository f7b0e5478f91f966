#include "services/common/rpc/backup_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::rpc {
namespace {

using backup::v1::CreateCheckpointResponse;
using backup::v1::ReadFileRequest;
using backup::v1::ReadFileResponse;

// One checkpoint with a file of "abc" a thousand times and a large one; its making takes three steps, or never ends.
class FakeSource final : public CheckpointSource {
 public:
  class Work final : public CheckpointWork {
   public:
    explicit Work(FakeSource& owner) : owner_(owner) {}
    ~Work() override { owner_.gone.Notify(); }
    absl::StatusOr<bool> Step(CreateCheckpointResponse* response) override {
      OM_RETURN_IF_ERROR(owner_.refusal);
      if (steps_ == 3) return false;
      steps_ = owner_.endless ? 1 : steps_ + 1;
      response->set_rows_read(steps_);
      if (steps_ == 3) response->mutable_manifest()->set_checkpoint_id("one");
      return true;
    }

   private:
    FakeSource& owner_;
    int steps_ = 0;
  };

  class Reader final : public CheckpointReader {
   public:
    Reader(size_t offset, size_t chunk) : offset_(offset), chunk_(chunk) {}
    absl::StatusOr<bool> Read(std::string* data) override {
      if (chunk_ > 0) {
        data->assign(chunk_, 'x');
        return true;
      }
      data->clear();
      for (; offset_ < 3'000 && data->size() < 700; ++offset_) data->push_back("abc"[offset_ % 3]);
      return !data->empty();
    }

   private:
    size_t offset_;
    const size_t chunk_;
  };

  std::unique_ptr<CheckpointWork> Start() override { return std::make_unique<Work>(*this); }
  absl::StatusOr<std::unique_ptr<CheckpointReader>> Open(const ReadFileRequest& request) override {
    if (request.path() == "large") return std::make_unique<Reader>(0, chunk);
    if (request.path() != "file") return Refusal(absl::StatusCode::kNotFound, "UNKNOWN_FILE", "no");
    return std::make_unique<Reader>(static_cast<size_t>(request.offset()), 0);
  }
  absl::Status Delete(const std::string& id) override {
    deleted.push_back(id);
    return absl::OkStatus();
  }

  absl::Status refusal;
  bool endless = false;
  // Of the file "large", which has no end.
  size_t chunk = 0;
  absl::Notification gone;
  std::vector<std::string> deleted;
};

class BackupServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = backup::v1::BackupService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  void TearDown() override { server_->Shutdown(std::chrono::system_clock::now()); }

  absl::StatusOr<std::string> Read(const std::string& path, int64_t offset) {
    grpc::ClientContext context;
    ReadFileRequest request;
    request.set_path(path);
    request.set_offset(offset);
    const auto reader = stub_->ReadFile(&context, request);
    std::string all;
    for (ReadFileResponse response; reader->Read(&response);) all += response.data();
    OM_RETURN_IF_ERROR(FromGrpc(reader->Finish()));
    return all;
  }

  FakeSource source_;
  WatchHub hub_;
  Drain drain_;
  BackupService service_{source_, hub_, drain_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<backup::v1::BackupService::Stub> stub_;
};

TEST_F(BackupServiceTest, TheManifestComesLast) {
  grpc::ClientContext context;
  const auto reader = stub_->CreateCheckpoint(&context, {});
  CreateCheckpointResponse response;
  int messages = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.has_manifest(), ++messages == 3);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(messages, 3);
}

TEST_F(BackupServiceTest, ARefusalKeepsItsReason) {
  source_.refusal = Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_CHECKPOINTS", "no");
  grpc::ClientContext context;
  const auto reader = stub_->CreateCheckpoint(&context, {});
  CreateCheckpointResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(ReasonOf(FromGrpc(reader->Finish())), "TOO_MANY_CHECKPOINTS");
}

TEST_F(BackupServiceTest, ACallerThatGoesAwayEndsTheWork) {
  source_.endless = true;
  grpc::ClientContext context;
  const auto reader = stub_->CreateCheckpoint(&context, {});
  CreateCheckpointResponse response;
  ASSERT_TRUE(reader->Read(&response));
  context.TryCancel();
  source_.gone.WaitForNotification();
}

TEST_F(BackupServiceTest, AFileIsSentFromTheOffsetToItsEnd) {
  const auto whole = Read("file", 0);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->size(), 3'000u);
  EXPECT_EQ(*Read("file", 1'000), whole->substr(1'000));
  EXPECT_EQ(*Read("file", 3'000), "");
  EXPECT_EQ(ReasonOf(Read("other", 0).status()), "UNKNOWN_FILE");
}

TEST_F(BackupServiceTest, NotMoreThanSixteenAreReadAtOnce) {
  // Too large to be sent before it is read: each stream keeps its place.
  source_.chunk = 3 << 20;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<ReadFileResponse>>> readers;
  ReadFileRequest request;
  request.set_path("large");
  for (int i = 0; i < 16; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.push_back(stub_->ReadFile(contexts.back().get(), request));
    ReadFileResponse response;
    ASSERT_TRUE(readers.back()->Read(&response));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Read("file", 0).status()));
  for (size_t i = 0; i < readers.size(); ++i) {
    contexts[i]->TryCancel();
    (void)readers[i]->Finish();
  }
  // The server hears of it a moment later.
  while (!Read("file", 0).ok()) absl::SleepFor(absl::Milliseconds(1));
}

TEST_F(BackupServiceTest, ACheckpointIsDropped) {
  grpc::ClientContext context;
  backup::v1::DeleteCheckpointRequest request;
  request.set_checkpoint_id("one");
  backup::v1::DeleteCheckpointResponse response;
  EXPECT_TRUE(stub_->DeleteCheckpoint(&context, request, &response).ok());
  EXPECT_THAT(source_.deleted, testing::ElementsAre("one"));
}

}  // namespace
}  // namespace ordermesh::rpc
