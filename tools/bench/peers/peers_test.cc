#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "tools/bench/peers/peer.h"
#include "tools/bench/peers/postgres_array.h"

namespace ordermesh::bench {
namespace {

// A peer in memory; tests say what it deduplicates.
class FakePeer final : public Peer {
 public:
  struct Shared {
    bool by_id = true;
    bool by_sequence = true;
    int64_t fail_after = -1;
    absl::Mutex mutex;
    std::set<std::string> ids;
    std::set<int64_t> sequences;
    int64_t taken = 0;
  };
  explicit FakePeer(Shared& shared) : shared_(shared) {}

  absl::Status Prepare() override { return absl::OkStatus(); }
  absl::StatusOr<int64_t> Submit(absl::Span<const PeerOrder> orders) override {
    absl::MutexLock lock(&shared_.mutex);
    int64_t created = 0;
    for (const PeerOrder& order : orders) {
      const bool known = (shared_.by_id && shared_.ids.count(order.external_id) > 0) ||
                         (shared_.by_sequence && shared_.sequences.count(order.sequence) > 0);
      shared_.ids.insert(order.external_id);
      shared_.sequences.insert(order.sequence);
      created += known ? 0 : 1;
    }
    shared_.taken += static_cast<int64_t>(orders.size());
    if (shared_.fail_after >= 0 && shared_.taken > shared_.fail_after) return absl::InternalError("the disk is gone");
    return created;
  }

 private:
  Shared& shared_;
};

class PeerLoadTest : public ::testing::Test {
 protected:
  LoadResult Load(const LoadOptions& options, const MakerOptions& maker = {.run_key = 3}) {
    return RunPeerLoad(options, OrderMaker(maker), connect_, &error_);
  }

  FakePeer::Shared shared_;
  const ConnectPeer connect_ = [this](int) { return std::make_unique<FakePeer>(shared_); };
  absl::Status error_;
};

TEST_F(PeerLoadTest, SendsEveryOrderOnce) {
  const LoadResult result = Load({.mode = Mode::kBatch, .streams = 3, .batch = 16, .orders = 1'000});
  EXPECT_TRUE(error_.ok());
  EXPECT_EQ(result.tally.sent, 1'000);
  EXPECT_EQ(result.tally.created, 1'000);
  EXPECT_EQ(result.tally.latency.count(), 1'000);
  EXPECT_EQ(shared_.ids.size(), 1'000);
}

TEST_F(PeerLoadTest, CountsWhatIsKnownAsReplayed) {
  const LoadResult result =
      Load({.mode = Mode::kUnary, .streams = 2, .orders = 500}, {.duplicates_percent = 30, .run_key = 3});
  EXPECT_EQ(result.tally.created, static_cast<int64_t>(shared_.ids.size()));
  EXPECT_EQ(result.tally.created + result.tally.replayed, 500);
  EXPECT_GT(result.tally.replayed, 50);
}

TEST_F(PeerLoadTest, AFailedRequestIsNotCountedAsDurable) {
  shared_.fail_after = 100;
  const LoadResult result = Load({.mode = Mode::kBatch, .streams = 1, .batch = 50, .orders = 1'000});
  EXPECT_EQ(error_.message(), "the disk is gone");
  EXPECT_EQ(result.tally.created, 100);
  EXPECT_EQ(result.tally.failed, 50);
}

TEST_F(PeerLoadTest, TheProbeTellsWhichIdentitiesCount) {
  for (const auto& [by_id, by_sequence] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    shared_.by_id = by_id;
    shared_.by_sequence = by_sequence;
    shared_.ids.clear();
    shared_.sequences.clear();
    const auto probe = ProbePeer({.run_key = 8}, connect_);
    ASSERT_TRUE(probe.ok());
    EXPECT_EQ(probe->external_id, by_id);
    EXPECT_EQ(probe->sequence, by_sequence);
  }
}

TEST(PeerOrderTest, CarriesTheOrderThatTheMeshGets) {
  const OrderMaker maker({.run_key = 5, .first_sequence = 700});
  PeerOrder order;
  MakePeerOrder(maker, 3, order);
  order::v1::Order body;
  ASSERT_TRUE(body.ParseFromString(order.body));
  EXPECT_EQ(body.external_order_id(), order.external_id);
  EXPECT_EQ(order.sequence, 703);
  EXPECT_EQ(body.lines(0).product_id(), order.product);
  EXPECT_EQ(body.customer_id(), order.customer);
  EXPECT_EQ(body.transaction_time().seconds(), order.transaction_time);
}

TEST(PostgresArrayTest, IsPostgresOwnBinaryFormat) {
  PostgresArray texts(kPostgresText, 2);
  texts.Add("ab");
  texts.Add("");
  const std::string expected(
      "\0\0\0\1"
      "\0\0\0\0"
      "\0\0\0\x19"
      "\0\0\0\2"
      "\0\0\0\1"
      "\0\0\0\2"
      "ab"
      "\0\0\0\0",
      30);
  EXPECT_EQ(texts.bytes(), expected);
  PostgresArray numbers(kPostgresInt8, 1);
  numbers.Add(int64_t{-2});
  EXPECT_EQ(numbers.bytes().substr(20), std::string("\0\0\0\x8\xff\xff\xff\xff\xff\xff\xff\xfe", 12));
}

TEST(PostgresArrayTest, CountsTimesFromTheYear2000) {
  EXPECT_EQ(PostgresMicros(946'684'800), 0);
  EXPECT_EQ(PostgresMicros(946'684'799), -1'000'000);
}

}  // namespace
}  // namespace ordermesh::bench
