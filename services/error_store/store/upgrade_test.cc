#include "services/error_store/store/upgrade.h"

#include <gtest/gtest.h>

#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

// What an older release did not write is taken away again: the postings and counters of these kinds.
void Remove(TestStore& store, const std::string& postings, const std::string& counters) {
  const auto batch = store.kv().NewBatch();
  const auto remove = [&](kv::Family family, const std::string& kinds) {
    const auto entries = store.kv().NewIterator(family);
    for (entries->Seek(""); entries->Valid(); entries->Next()) {
      if (kinds.find(entries->key().front()) != std::string::npos) batch->Delete(family, entries->key());
    }
  };
  remove(kPostings, postings);
  remove(kCounters, counters);
  batch->Delete(kMeta, kDerivedKey);
  ASSERT_TRUE(store.faulty().Write(*batch, kv::Durability::kSynced).ok());
}

void MakeFirstRelease(TestStore& store) { Remove(store, "de", "def"); }

void MakeSecondRelease(TestStore& store) {
  Remove(store, "e", "");
  const auto batch = store.kv().NewBatch();
  std::string version;
  kv::AppendU32(version, 2);
  batch->Put(kMeta, kDerivedKey, version);
  ASSERT_TRUE(store.faulty().Write(*batch, kv::Durability::kSynced).ok());
}

TEST(UpgradeTest, AStoreOfTheFirstReleaseGetsItsPostingsAndCounters) {
  TestStore store(Engine::kRocks);
  store.CommitRange("partner-a", 1, 1'500);
  store.CommitRange("partner-b", 1, 3);
  MakeFirstRelease(store);
  EXPECT_FALSE(store.Audit().ok());
  store.Reopen();
  const auto report = store.Audit();
  EXPECT_TRUE(report.ok()) << report.ShortDebugString();
  // It is done once: what is written afterwards stays.
  store.CommitRange("partner-c", 1, 2);
  store.Reopen();
  EXPECT_TRUE(store.Audit().ok());
}

TEST(UpgradeTest, AStoreOfTheSecondReleaseGetsThePostingsOfOrders) {
  TestStore store(Engine::kRocks);
  ErrorCommit commit = MakeCommit("partner-a", 1);
  commit.mutable_error()->set_kind(OrderVerdict::CONFLICT);
  commit.mutable_error()->set_order_id(MakeOrderId({0, 7}).ToString());
  store.Commit(MakeIntake(std::move(commit)));
  MakeSecondRelease(store);
  EXPECT_FALSE(store.Audit().ok());
  store.Reopen();
  const auto report = store.Audit();
  EXPECT_TRUE(report.ok()) << report.ShortDebugString();
}

TEST(UpgradeTest, OneThatWasInterruptedBeginsAnew) {
  TestStore store(Engine::kRocks);
  store.CommitRange("partner-a", 1, 10);
  MakeFirstRelease(store);
  // Killed after the old ones were cleared.
  ASSERT_TRUE(kv::ClearFamily(store.faulty(), kPostings).ok());
  store.Reopen();
  EXPECT_TRUE(store.Audit().ok());
}

}  // namespace
}  // namespace ordermesh::error_store
