// What the error-store remembers of errors that come again.
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class DeliveriesTest : public ::testing::TestWithParam<Engine> {
 protected:
  // The n-th payload of partner-a, delivered under its ingest id and so many ms later under another.
  static Intake Delivery(int n, int later_ms, const std::string& traceparent = "") {
    ErrorCommit commit = MakeCommit("partner-a", n);
    const int64_t ms = commit.error().received_time().seconds() * 1'000 + later_ms;
    commit.mutable_error()->set_ingest_id(MakeUuidV7(ms, 7, static_cast<uint64_t>(n)).ToString());
    commit.set_traceparent(traceparent);
    return MakeIntake(std::move(commit));
  }

  // "kind trace" of each delivery of the n-th payload, once there are so many: one is noted behind its answer.
  std::vector<std::string> Deliveries(int n, size_t wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (true) {
      store_.store().WaitForDiary();
      ErrorMessage error;
      EXPECT_TRUE(GetError(store_.kv(), MakeIntake("partner-a", n).id.ToString(), &error).ok());
      const auto response = ListDeliveries(store_.kv(), error);
      EXPECT_TRUE(response.ok()) << response.status();
      std::vector<std::string> lines;
      for (const auto& one : response->deliveries()) {
        lines.push_back(OrderVerdict::Verdict_Name(one.verdict()) + " " + one.trace_id());
      }
      if (lines.size() >= wanted || absl::Now() > deadline) return lines;
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  TestStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, DeliveriesTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(DeliveriesTest, TheFirstComesFromTheRowAndTheOthersFromTheDiary) {
  store_.Commit(Delivery(1, 0, kTraceparent));
  EXPECT_THAT(Deliveries(1, 1), ElementsAre(std::string("REJECTED ") + kTraceId));
  EXPECT_TRUE(store_.Commit(Delivery(1, 5)).existed);
  EXPECT_TRUE(store_.Commit(Delivery(1, 9, kTraceparent)).existed);
  EXPECT_THAT(Deliveries(1, 3),
              ElementsAre(std::string("REJECTED ") + kTraceId, "REJECTED ", std::string("REJECTED ") + kTraceId));
}

TEST_P(DeliveriesTest, AnInternalRetryIsNoDelivery) {
  store_.Commit(Delivery(1, 0));
  EXPECT_TRUE(store_.Commit(Delivery(1, 0)).existed);
  EXPECT_TRUE(store_.Commit(Delivery(1, 5)).existed);
  EXPECT_TRUE(store_.Commit(Delivery(1, 5)).existed);
  EXPECT_THAT(Deliveries(1, 2), SizeIs(2));
}

TEST_P(DeliveriesTest, TwoDeliveriesInOneGroupAreTwo) {
  std::vector<Intake> items;
  items.push_back(Delivery(1, 0));
  items.push_back(Delivery(1, 5));
  items.push_back(Delivery(1, 0));
  store_.Commit(std::move(items));
  EXPECT_THAT(Deliveries(1, 2), SizeIs(2));
}

TEST_P(DeliveriesTest, GoWithTheirErrorAndDoNotConcernTheAudit) {
  store_.Commit(Delivery(1, 0));
  const std::string hash = store_.Audit().state_hash();
  for (int later = 1; later <= 30; ++later) store_.Commit(Delivery(1, later));
  EXPECT_THAT(Deliveries(1, 17), SizeIs(17));
  EXPECT_TRUE(store_.Audit().ok());
  EXPECT_EQ(store_.Audit().state_hash(), hash);
  store_.Advance(absl::Hours(24 * kDefaultTtlDays));
  ASSERT_EQ(store_.store().Sweep().value_or(-1), 1);
  const auto entries = store_.kv().NewIterator(kDeliveries);
  entries->Seek("");
  EXPECT_FALSE(entries->Valid());
  EXPECT_TRUE(store_.Audit().ok());
  // The same payload is a new error then.
  store_.Commit(Delivery(1, 0));
  EXPECT_THAT(Deliveries(1, 1), SizeIs(1));
}

}  // namespace
}  // namespace ordermesh::error_store
