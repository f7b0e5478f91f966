#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/bench/limit/service.h"
#include "tools/bench/limit/store.h"
#include "tools/bench/load.h"

namespace ordermesh::bench {
namespace {

using Outcome = LimitOrder::Outcome;

LimitOrder Order(const std::string& id, const std::string& number) {
  LimitOrder order;
  order.id_key = id;
  order.sequence_key = number;
  order.bytes = "content of " + id;
  return order;
}

class LimitTest : public ::testing::Test {
 protected:
  LimitTest() : folder_(::testing::TempDir() + "limit_" + absl::StrCat(getpid(), "_", counter_++)) { Reopen(); }
  ~LimitTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Reopen() {
    store_.reset();
    auto opened = LimitStore::Open(folder_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void Commit(std::vector<LimitOrder*> group) { ASSERT_TRUE(store_->Commit(group).ok()); }

  static inline int counter_ = 0;
  const std::string folder_;
  std::unique_ptr<LimitStore> store_;
};

TEST_F(LimitTest, DeduplicatesBothIdentitiesWithinAGroupAndAgainstTheStore) {
  for (int round = 0; round < 2; ++round) {
    LimitOrder first = Order("a", "1"), same = Order("a", "1"), other_id = Order("b", "1"), fresh = Order("c", "3");
    Commit({&first, &same, &other_id, &fresh});
    EXPECT_EQ(first.outcome, round == 0 ? Outcome::kCreated : Outcome::kReplayed);
    EXPECT_EQ(same.outcome, Outcome::kReplayed);
    EXPECT_EQ(same.position, 0);
    EXPECT_EQ(other_id.outcome, Outcome::kSequenceReused);
    EXPECT_EQ(fresh.position, 1);
    EXPECT_EQ(store_->end(), 2);
  }
}

TEST_F(LimitTest, ARefusedOrderOccupiesNoIdentity) {
  LimitOrder first = Order("a", "1"), refused = Order("b", "1"), again = Order("b", "2");
  Commit({&first, &refused, &again});
  EXPECT_EQ(refused.outcome, Outcome::kSequenceReused);
  EXPECT_EQ(again.outcome, Outcome::kCreated);
}

TEST_F(LimitTest, KnowsEverythingAfterAReopen) {
  LimitOrder first = Order("a", "1"), unnumbered = Order("n", "");
  Commit({&first, &unnumbered});
  Reopen();
  EXPECT_EQ(store_->end(), 2);
  LimitOrder again = Order("n", ""), reused = Order("z", "1");
  Commit({&again, &reused});
  EXPECT_EQ(again.position, 1);
  EXPECT_EQ(again.outcome, Outcome::kReplayed);
  EXPECT_EQ(reused.outcome, Outcome::kSequenceReused);
}

TEST_F(LimitTest, AnswersTheLoadOfTheGeneratorOnStreamsAndOneByOne) {
  LimitWriter writer(*store_);
  LimitService service(writer);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  const auto connect = [&] {
    return feed::v1::FeedService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  };
  std::atomic<int64_t> progress = 0;
  const OrderMaker maker({.duplicates_percent = 20, .run_key = 7});
  const LoadResult streams = RunLoad({.streams = 2, .batch = 16, .orders = 1'000}, maker, connect, progress);
  EXPECT_EQ(streams.tally.verdicts(), 1'000);
  EXPECT_EQ(streams.tally.created, store_->end());
  EXPECT_GT(streams.tally.replayed, 100);
  const LoadResult singles = RunLoad({.mode = Mode::kUnary, .streams = 4, .orders = 200}, maker, connect, progress);
  EXPECT_EQ(singles.tally.replayed, 200);
  server->Shutdown();
}

}  // namespace
}  // namespace ordermesh::bench
