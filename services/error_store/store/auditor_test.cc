#include "services/error_store/store/auditor.h"

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class AuditorTest : public ::testing::Test {
 protected:
  AuditorTest() { store_.CommitRange("partner-a", 1, 5); }

  void Damage(const std::function<void(kv::WriteBatch&)>& damage) {
    const auto batch = store_.kv().NewBatch();
    damage(*batch);
    ASSERT_TRUE(store_.faulty().Write(*batch, kv::Durability::kSynced).ok());
  }

  // The stored row of a position, changed.
  std::string ChangedRow(int64_t position, const std::function<void(Row&)>& change) {
    Row row = *DecodeRow(**store_.kv().Get(kRows, PositionKey(position)));
    change(row);
    return EncodeRow(row);
  }

  TestStore store_{Engine::kMemory};
};

TEST_F(AuditorTest, AStoreThatAgreesIsOk) {
  const auto report = store_.Audit(/*rebuild=*/true);
  EXPECT_TRUE(report.ok()) << report.ShortDebugString();
  EXPECT_EQ(report.store(), "error-store");
  EXPECT_EQ(report.rows(), 5);
  EXPECT_EQ(report.last_position(), 5);
  EXPECT_TRUE(report.rebuilt());
  EXPECT_EQ(report.state_hash().size(), 64u);
  EXPECT_FALSE(store_.Audit(/*rebuild=*/false).rebuilt());
}

TEST_F(AuditorTest, TheStateHashIsThatOfTheRows) {
  const std::string before = store_.Audit().state_hash();
  EXPECT_EQ(store_.Audit(/*rebuild=*/false).state_hash(), before);
  TestStore same(Engine::kRocks);
  same.CommitRange("partner-a", 1, 5);
  EXPECT_EQ(same.Audit().state_hash(), before);
  store_.CommitRange("partner-a", 6, 6);
  EXPECT_NE(store_.Audit().state_hash(), before);
}

TEST_F(AuditorTest, TellsHowFarItIs) {
  Auditor auditor(store_.kv(), 0, false);
  EXPECT_FALSE(auditor.Step(2).value_or(true));
  EXPECT_EQ(auditor.report().rows(), 2);
  EXPECT_EQ(auditor.rows_total(), 5);
  EXPECT_TRUE(auditor.Step(10).value_or(false));
}

TEST_F(AuditorTest, ReadsASnapshot) {
  Auditor auditor(store_.kv(), 0, true);
  EXPECT_FALSE(auditor.Step(2).value_or(true));
  store_.CommitRange("partner-a", 6, 20);
  EXPECT_TRUE(auditor.Step(100).value_or(false));
  EXPECT_TRUE(auditor.report().ok()) << auditor.report().ShortDebugString();
  EXPECT_EQ(auditor.report().rows(), 5);
}

TEST_F(AuditorTest, AMovedErrorKeepsItsPayloadWhereItWas) {
  TestStore moved(Engine::kMemory);
  moved.CommitRange("partner-a", 1, 5);
  const Row row = *DecodeRow(**moved.kv().Get(kRows, PositionKey(2)));
  const auto batch = moved.kv().NewBatch();
  batch->Delete(kRows, PositionKey(2));
  batch->Put(kRows, PositionKey(6), EncodeRow(row));
  batch->Put(kIds, IdKey(MakeIntake("partner-a", 2).id), PositionKey(6));
  for (const std::string& posting : PostingsOf(row.error)) {
    batch->Delete(kPostings, posting + PositionKey(2));
    batch->Put(kPostings, posting + PositionKey(6), "");
  }
  batch->Put(kMeta, kLastPositionKey, PositionKey(6));
  ASSERT_TRUE(moved.faulty().Write(*batch, kv::Durability::kSynced).ok());
  EXPECT_TRUE(moved.Audit().ok()) << moved.Audit().ShortDebugString();
  batch->Clear();
  batch->Delete(kPayloads, PositionKey(2));
  ASSERT_TRUE(moved.faulty().Write(*batch, kv::Durability::kSynced).ok());
  EXPECT_THAT(moved.Audit().problems(), Contains("position 6: its payload is missing"));
}

TEST_F(AuditorTest, TheNumberOfProblemsIsBounded) {
  store_.CommitRange("partner-a", 6, 200);
  Damage([](kv::WriteBatch& batch) {
    for (int64_t position = 1; position < 300; ++position) batch.Delete(kPayloads, PositionKey(position));
  });
  EXPECT_EQ(store_.Audit().problems_size(), 100);
}

TEST_F(AuditorTest, FindsEveryPlantedFault) {
  const auto row = [this](int64_t position, const std::function<void(Row&)>& change) {
    return ChangedRow(position, change);
  };
  const std::string id_key = IdKey(MakeIntake("partner-a", 2).id);
  const std::string posting = PartnerPostings("partner-a") + PositionKey(2);
  const std::string counter = PartnerCounter("partner-a");
  struct Fault {
    std::function<void(kv::WriteBatch&)> damage;
    const char* problem;
    bool only_with_rebuild = false;
  };
  const Fault faults[] = {
      {[&](auto& b) { b.Delete(kRows, PositionKey(2)); }, "ids: 5 entries, but the rows imply 4"},
      {[&](auto& b) { b.Put(kRows, PositionKey(2), "x"); }, "row 0000000000000002 cannot be read"},
      {[&](auto& b) { b.Put(kRows, "odd", "x"); }, "row 6f6464 cannot be read"},
      {[&](auto& b) { b.Put(kRows, PositionKey(9), row(2, [](Row&) {})); }, "position 9: is past the last position"},
      {[&](auto& b) { b.Put(kRows, PositionKey(1), row(2, [](Row&) {})); }, "position 1: lies before its origin"},
      {[&](auto& b) { b.Put(kRows, PositionKey(2), row(2, [](Row& r) { r.error.set_id("other"); })); },
       "position 2: its id does not match partner, kind and payload"},
      {[&](auto& b) { b.Delete(kIds, id_key); }, "ids: 4 entries, but the rows imply 5"},
      {[&](auto& b) { b.Put(kIds, id_key, PositionKey(3)); }, "ids: the 5 entries differ from what the rows imply"},
      {[&](auto& b) { b.Put(kIds, id_key, PositionKey(3)); }, "differs", true},
      {[&](auto& b) { b.Delete(kPostings, posting); }, "postings: 19 entries, but the rows imply 20"},
      {[&](auto& b) { b.Delete(kPostings, posting); }, "is missing", true},
      {[&](auto& b) { b.Delete(kPayloads, PositionKey(2)); }, "position 2: its payload is missing"},
      {[&](auto& b) { b.Put(kPayloads, PositionKey(2), "other"); },
       "position 2: its payload differs from what was received"},
      {[&](auto& b) { b.Put(kPayloads, PositionKey(7), "more"); }, "payloads: 6 entries, but the rows imply 5"},
      {[&](auto& b) { b.Put(kPostings, CodeFieldPostings(Violation::RANGE, "other") + PositionKey(2), ""); },
       "postings: 21 entries, but the rows imply 20"},
      {[&](auto& b) { b.Put(kEdits, EditKey(2, 1), "x"); }, "edits: 1 entries, but the rows imply 0"},
      {[&](auto& b) { b.Put(kEventIndex, EventIndexKey(2, 1), ""); }, "index of events: 1 entries"},
      {[&](auto& b) { b.Put(kEvents, PositionKey(1), "x"); }, "event 1: is missing or was changed"},
      {[&](auto& b) { b.Delete(kZones, ZoneKey(0)); }, "zones: 0 entries, but the rows imply 1"},
      {[&](auto& b) { b.Put(kCounters, counter, kv::EncodeU64(6)); },
       "counter bpartner-a: stored 6, but the rows give 5"},
      {[&](auto& b) { b.Delete(kCounters, counter); }, "counter bpartner-a: stored 0, but the rows give 5"},
      {[&](auto& b) { b.Put(kCounters, "bpartner-z", kv::EncodeU64(1)); },
       "counter bpartner-z: stored 1, but the rows give 0"},
  };
  for (const Fault& fault : faults) {
    TestStore fresh(Engine::kMemory);
    fresh.CommitRange("partner-a", 1, 5);
    const auto batch = fresh.kv().NewBatch();
    fault.damage(*batch);
    ASSERT_TRUE(fresh.faulty().Write(*batch, kv::Durability::kSynced).ok());
    const auto report = fresh.Audit(fault.only_with_rebuild);
    EXPECT_FALSE(report.ok()) << fault.problem;
    EXPECT_THAT(report.problems(), Contains(HasSubstr(fault.problem)));
  }
}

}  // namespace
}  // namespace ordermesh::error_store
