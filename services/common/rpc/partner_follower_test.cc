#include "services/common/rpc/partner_follower.h"

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace ordermesh::rpc {
namespace {

using partners::v1::WatchPartnersRequest;
using partners::v1::WatchPartnersResponse;

// Sends what the test puts in, to whoever watches.
class SyncPeer final : public partners::v1::PartnerSyncService::Service {
 public:
  explicit SyncPeer(int port = 0) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~SyncPeer() override {
    {
      absl::MutexLock lock(&mutex_);
      ended_ = true;
    }
    server_->Shutdown(std::chrono::system_clock::now());
  }

  grpc::Status WatchPartners(grpc::ServerContext*, const WatchPartnersRequest* request,
                             grpc::ServerWriter<WatchPartnersResponse>* writer) override {
    for (size_t sent = 0;; ++sent) {
      absl::MutexLock lock(&mutex_);
      include_config_ = request->include_config();
      const auto ready = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return ended_ || sent < messages_.size(); };
      mutex_.Await(absl::Condition(&ready));
      if (ended_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going away");
      writer->Write(messages_[sent]);
    }
  }

  void Send(bool reset, bool complete, const std::vector<std::pair<std::string, std::string>>& partners) {
    WatchPartnersResponse message;
    message.set_reset(reset);
    message.set_complete(complete);
    for (const auto& [id, name] : partners) {
      auto* partner = message.add_partners()->mutable_partner();
      partner->set_partner_id(id);
      partner->set_name(name);
    }
    absl::MutexLock lock(&mutex_);
    messages_.push_back(message);
  }

  int port() const { return port_; }
  bool include_config() const {
    absl::MutexLock lock(&mutex_);
    return include_config_;
  }

 private:
  int port_ = 0;
  mutable absl::Mutex mutex_;
  std::vector<WatchPartnersResponse> messages_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool include_config_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Server> server_;
};

class PartnerFollowerTest : public ::testing::Test {
 protected:
  PartnerFollowerTest() { std::filesystem::create_directories(directory_); }
  ~PartnerFollowerTest() override {
    follower_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  void Follow(int port) {
    PartnerFollowerOptions options;
    options.address = "127.0.0.1:" + std::to_string(port);
    options.copy_file = copy_;
    options.include_config = true;
    follower_ = std::make_unique<PartnerFollower>(options, [this](const std::shared_ptr<const PartnerMap>& map) {
      absl::MutexLock lock(&mutex_);
      seen_.push_back(map);
    });
  }

  // Waits until `count` views were published and gives the last.
  std::shared_ptr<const PartnerMap> View(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return seen_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20)));
    return seen_.empty() ? std::make_shared<PartnerMap>() : seen_.back();
  }

  static std::string NameIn(const PartnerMap& map, const std::string& id) {
    const auto found = map.find(id);
    return found == map.end() ? "(none)" : found->second->partner().name();
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) / ("partner_follower_test_" + std::to_string(getpid()));
  const std::string copy_ = directory_ / "partners.copy";
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<const PartnerMap>> seen_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<PartnerFollower> follower_;
};

TEST_F(PartnerFollowerTest, PublishesOnlyCompleteViews) {
  SyncPeer peer;
  Follow(peer.port());
  EXPECT_EQ(follower_->Partners(), nullptr);
  peer.Send(true, false, {{"a", "A"}});
  peer.Send(false, true, {{"b", "B"}});
  const auto view = View(1);
  EXPECT_EQ(view->size(), 2u);
  EXPECT_EQ(NameIn(*view, "b"), "B");
  EXPECT_TRUE(peer.include_config());
}

TEST_F(PartnerFollowerTest, AChangeReplacesOneRecordAndKeepsTheOthersPointers) {
  SyncPeer peer;
  peer.Send(true, true, {{"a", "A"}, {"b", "B"}});
  Follow(peer.port());
  const auto before = View(1);
  peer.Send(false, true, {{"b", "B2"}, {"a", "A"}});
  const auto after = View(2);
  EXPECT_EQ(NameIn(*after, "b"), "B2");
  EXPECT_EQ(NameIn(*before, "b"), "B");
  EXPECT_EQ(before->at("a"), after->at("a"));
  EXPECT_EQ(follower_->Partners(), after);
}

TEST_F(PartnerFollowerTest, WorksFromTheCopyWhileThePartnersServiceIsAway) {
  int port = 0;
  {
    SyncPeer peer;
    port = peer.port();
    peer.Send(true, true, {{"a", "A"}});
    Follow(port);
    View(1);
    follower_ = nullptr;
  }
  struct stat file {};
  ASSERT_EQ(stat(copy_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  Follow(port);
  EXPECT_EQ(NameIn(*View(2), "a"), "A");
  // It comes back on the same port, with news.
  SyncPeer peer(port);
  peer.Send(true, true, {{"a", "A2"}});
  EXPECT_EQ(NameIn(*View(3), "a"), "A2");
}

TEST_F(PartnerFollowerTest, ADamagedCopyIsForgotten) {
  std::ofstream(copy_) << "\xff\xff\xff not a copy";
  SyncPeer peer;
  Follow(peer.port());
  peer.Send(true, true, {{"a", "A"}});
  EXPECT_EQ(NameIn(*View(1), "a"), "A");
}

TEST_F(PartnerFollowerTest, AResetForgetsWhatIsNotSentAgain) {
  int port = 0;
  {
    SyncPeer peer;
    port = peer.port();
    peer.Send(true, true, {{"a", "A"}, {"gone", "G"}});
    Follow(port);
    View(1);
  }
  SyncPeer peer(port);
  peer.Send(true, true, {{"a", "A"}});
  EXPECT_EQ(NameIn(*View(2), "gone"), "(none)");
}

}  // namespace
}  // namespace ordermesh::rpc
