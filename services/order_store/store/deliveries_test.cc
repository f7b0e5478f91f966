// What the order-store remembers of replays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/kv/rocks_kv.h"
#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

using common::v1::OrderVerdict;
using order::v1::Order;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class DeliveriesTest : public StoreFixture {
 protected:
  // "verdict trace" of each delivery of the order at a position, once there are so many: a replay is noted behind its
  // answer.
  std::vector<std::string> Deliveries(int64_t position, size_t wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (true) {
      store_->WaitForDiary();
      const auto response = store_->Deliveries(OrderAt(position));
      EXPECT_TRUE(response.ok()) << response.status();
      std::vector<std::string> lines;
      for (const auto& one : response->deliveries()) {
        lines.push_back(absl::StrCat(OrderVerdict::Verdict_Name(one.verdict()), " ", one.trace_id()));
      }
      if (lines.size() >= wanted || absl::Now() > deadline) return lines;
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
};

TEST_F(DeliveriesTest, TheFirstComesFromTheRowAndTheOthersFromTheDiary) {
  OpenInMemory();
  CommitTraced(1, MakeOrder("ORD-1"), kTraceparent);
  now_ += 5'000'000'000;
  EXPECT_EQ(CommitTraced(2, MakeOrder("ORD-1"), kOtherTraceparent).decision, Decision::kReplayed);
  EXPECT_THAT(Deliveries(1, 2),
              ElementsAre(std::string("CREATED ") + kTraceId, std::string("REPLAYED ") + kOtherTraceId));
  const auto response = store_->Deliveries(OrderAt(1));
  EXPECT_EQ(response->deliveries(0).time().seconds(), kReceivedMs / 1'000);
  EXPECT_EQ(response->deliveries(0).ingest_id(), MakeIngestId(1).ToString());
  EXPECT_EQ(response->deliveries(1).time().seconds(), kTestNow / 1'000'000'000 + 5);
  EXPECT_EQ(response->deliveries(1).ingest_id(), MakeIngestId(2).ToString());
}

TEST_F(DeliveriesTest, AReplayThatOnlyAQuestionSeesIsADeliveryToo) {
  OpenInMemory();
  Commit(1, MakeOrder("ORD-1"), "raw");
  order::v1::CommitOrdersRequest request;
  AddQuestion(request, 2, "ORD-1", "raw")->set_traceparent(kTraceparent);
  EXPECT_EQ(Commit(std::move(request))->items[0].decision, Decision::kReplayed);
  EXPECT_THAT(Deliveries(1, 2), ElementsAre("CREATED ", std::string("REPLAYED ") + kTraceId));
}

TEST_F(DeliveriesTest, InternalRetriesAndConflictsAreNoDeliveries) {
  OpenInMemory();
  Commit(1, MakeOrder("ORD-1"));
  Commit(2, MakeOrder("ORD-1"));
  // Again, as after a crash.
  EXPECT_EQ(Commit(1, MakeOrder("ORD-1")).decision, Decision::kCreatedBefore);
  EXPECT_EQ(Commit(2, MakeOrder("ORD-1")).decision, Decision::kReplayed);
  Order other = MakeOrder("ORD-1");
  other.set_customer_id("other");
  EXPECT_EQ(Commit(3, other).decision, Decision::kConflict);
  EXPECT_THAT(Deliveries(1, 2), ElementsAre("CREATED ", "REPLAYED "));
}

TEST_F(DeliveriesTest, AReplayBesideItsOrderInOneWriteIsNoted) {
  OpenInMemory();
  order::v1::CommitOrdersRequest request;
  AddOrder(request, 1, MakeOrder("ORD-1"));
  AddOrder(request, 2, MakeOrder("ORD-1"));
  Commit(std::move(request));
  EXPECT_THAT(Deliveries(1, 2), SizeIs(2));
}

TEST_F(DeliveriesTest, OutliveARestartAndDoNotConcernTheAudit) {
  const auto open = [this] {
    store_ = nullptr;
    kv::RocksOptions rocks;
    rocks.directory = directory_ + "/db";
    auto kv = kv::OpenRocksKv(rocks, Families(rocks.write_buffer_bytes));
    ASSERT_TRUE(kv.ok()) << kv.status();
    auto store = OrderStore::Open(*std::move(kv), nullptr, options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  };
  open();
  Commit(1, MakeOrder("ORD-1"));
  const std::string hash = RunAudit(true).state_hash();
  for (uint64_t n = 2; n <= 30; ++n) Commit(n, MakeOrder("ORD-1"));
  // What is queued is written by the shutdown.
  open();
  EXPECT_THAT(Deliveries(1, 17), SizeIs(17));
  EXPECT_TRUE(RunAudit(true).ok());
  EXPECT_EQ(RunAudit(true).state_hash(), hash);
}

}  // namespace
}  // namespace ordermesh::order_store
