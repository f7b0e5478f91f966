#include "services/error_store/store/sweeper.h"

#include <vector>

#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

constexpr absl::Duration kTtl = absl::Hours(24 * kDefaultTtlDays);

class SweeperTest : public ::testing::TestWithParam<Engine> {
 protected:
  int64_t Sweep() { return store_.store().Sweep().value_or(-1); }
  bool Has(const std::string& partner, int n) {
    ErrorMessage error;
    return GetError(store_.kv(), MakeIntake(partner, n).id.ToString(), &error).ok();
  }

  TestStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, SweeperTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(SweeperTest, ThePartnersDaysComeBeforeTheDefault) {
  const auto with_days = [](int n, int days) {
    ErrorCommit commit = MakeCommit("partner-a", n);
    commit.set_ttl_days(days);
    return MakeIntake(std::move(commit));
  };
  store_.Commit(with_days(1, 0));
  store_.Commit(with_days(2, 1));
  store_.Commit(with_days(3, 3'650));
  store_.Advance(absl::Hours(24));
  EXPECT_EQ(Sweep(), 1);
  EXPECT_FALSE(Has("partner-a", 2));
  store_.Advance(kTtl);
  EXPECT_EQ(Sweep(), 1);
  EXPECT_FALSE(Has("partner-a", 1));
  EXPECT_TRUE(Has("partner-a", 3));
}

// When each of three errors is written and the sweep runs, in seconds; which are left.
struct SweepCase {
  std::vector<int> written;
  int sweep;
  std::vector<bool> left;
};

TEST_P(SweeperTest, RemovesExactlyWhatHasExpired) {
  const int ttl = static_cast<int>(absl::ToInt64Seconds(kTtl));
  const SweepCase cases[] = {
      {{0, 10, 20}, 20, {true, true, true}},
      {{0, 10, 20}, ttl - 1, {true, true, true}},
      {{0, 10, 20}, ttl, {false, true, true}},
      {{0, 10, 20}, ttl + 19, {false, false, true}},
      {{0, 10, 20}, ttl + 20, {false, false, false}},
      // The clock went back while errors came.
      {{20, 0, 10}, ttl + 10, {true, false, false}},
      // The clock was far ahead for one of them.
      {{0, ttl * 10, 5}, ttl + 5, {false, true, false}},
  };
  int n = 0;
  for (const SweepCase& c : cases) {
    const absl::Time start = store_.now() + kTtl * 100;
    for (size_t i = 0; i < c.written.size(); ++i) {
      store_.Advance(start + absl::Seconds(c.written[i]) - store_.now());
      store_.Commit(MakeIntake("partner-a", n + static_cast<int>(i)));
    }
    store_.Advance(start + absl::Seconds(c.sweep) - store_.now());
    Sweep();
    for (size_t i = 0; i < c.left.size(); ++i) {
      EXPECT_EQ(Has("partner-a", n + static_cast<int>(i)), c.left[i]) << "case of " << n << ", error " << i;
    }
    EXPECT_TRUE(store_.Audit().ok()) << store_.Audit().ShortDebugString();
    n += 3;
  }
}

TEST_P(SweeperTest, RemovesEverythingThatBelongsToAnError) {
  store_.CommitRange("partner-a", 1, 20);
  store_.Advance(kTtl);
  EXPECT_EQ(Sweep(), 20);
  for (const ErrorFamily family : {kRows, kIds, kPayloads, kPostings, kZones, kCounters}) {
    const auto entries = store_.kv().NewIterator(family);
    entries->Seek("");
    EXPECT_FALSE(entries->Valid()) << Families()[family].name;
  }
  EXPECT_TRUE(store_.Audit().ok());
  EXPECT_EQ(store_.Audit().last_position(), 20);
}

TEST_P(SweeperTest, GoesThroughManyZonesInTurns) {
  const int last = static_cast<int>(3 * kZonePositions + 10);
  store_.CommitRange("partner-a", 1, last);
  store_.Advance(absl::Hours(1));
  store_.CommitRange("partner-b", 1, 10);
  store_.Advance(kTtl - absl::Hours(1));
  EXPECT_EQ(Sweep(), last);
  EXPECT_EQ(Sweep(), 0);
  EXPECT_FALSE(Has("partner-a", last));
  EXPECT_TRUE(Has("partner-b", 1));
  EXPECT_TRUE(store_.Audit().ok()) << store_.Audit().ShortDebugString();
}

TEST_P(SweeperTest, ErrorsCanComeBackAfterTheSweepAndGetANewPosition) {
  store_.CommitRange("partner-a", 1, 3);
  store_.Advance(kTtl);
  EXPECT_EQ(Sweep(), 3);
  EXPECT_FALSE(store_.Commit(MakeIntake("partner-a", 2)).existed);
  EXPECT_EQ(store_.store().end(), 4);
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_P(SweeperTest, CountsBecomeThoseOfWhatIsLeft) {
  store_.CommitRange("partner-a", 1, 3);
  store_.Advance(absl::Hours(1));
  store_.CommitRange("partner-a", 4, 5);
  store_.Advance(kTtl - absl::Hours(1));
  Sweep();
  ordermesh::error::v1::ErrorStats stats;
  ASSERT_TRUE(GetStats(store_.kv(), "", false, &stats).ok());
  EXPECT_EQ(stats.total_count(), 2);
  EXPECT_EQ(stats.partners(0).codes(0).count(), 2);
}

TEST(SweeperTurnTest, LooksAtABoundedNumberOfZonesATurn) {
  const auto kv = kv::NewMemoryKv(Families().size());
  const auto batch = kv->NewBatch();
  Zone zone{.count = 1, .received_first = 1, .received_last = 1, .expires_first = 1'000};
  for (int64_t number = 0; number <= kMaxSweepZones; ++number) {
    batch->Put(kZones, ZoneKey(number), EncodeZone(zone));
  }
  ASSERT_TRUE(kv->Write(*batch, kv::Durability::kSynced).ok());
  Counters counters(*kv);
  Sweeper sweeper(*kv, counters, [] { return absl::FromUnixSeconds(10); });
  EXPECT_TRUE(sweeper.Turn()->more);
  EXPECT_FALSE(sweeper.Turn()->more);
  EXPECT_TRUE(sweeper.Turn()->more);
}

TEST(SweeperTurnTest, RefusesDamagedRecords) {
  const auto kv = kv::NewMemoryKv(Families().size());
  Counters counters(*kv);
  Sweeper sweeper(*kv, counters, [] { return absl::FromUnixSeconds(2'000); });
  const auto put = [&kv](kv::Family family, const std::string& key, const std::string& value) {
    const auto batch = kv->NewBatch();
    batch->Put(family, key, value);
    EXPECT_TRUE(kv->Write(*batch, kv::Durability::kSynced).ok());
  };
  put(kZones, "bad key", "");
  EXPECT_EQ(ReasonOf(sweeper.Turn().status()), "BAD_RECORD");
  put(kZones, ZoneKey(0), EncodeZone({.count = 1, .expires_first = 1'000}));
  // Nothing in it after all: the next zones are looked at.
  EXPECT_EQ(sweeper.Turn()->swept, 0);
  EXPECT_EQ(ReasonOf(sweeper.Turn().status()), "BAD_RECORD");
  Row row;
  row.origin = 1;
  row.payload_sha256 = std::string(32, 'x');
  row.error.mutable_expire_time()->set_seconds(1'000);
  put(kRows, PositionKey(1), EncodeRow(row));
  Sweeper again(*kv, counters, [] { return absl::FromUnixSeconds(2'000); });
  EXPECT_EQ(ReasonOf(again.Turn().status()), "BAD_RECORD");
}

}  // namespace
}  // namespace ordermesh::error_store
