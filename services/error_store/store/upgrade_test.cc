#include "services/error_store/store/upgrade.h"

#include <gtest/gtest.h>

#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

// What the first release did not write is taken away again.
void MakeOld(TestStore& store) {
  const auto batch = store.kv().NewBatch();
  const auto remove = [&](kv::Family family, const std::string& kinds) {
    const auto entries = store.kv().NewIterator(family);
    for (entries->Seek(""); entries->Valid(); entries->Next()) {
      if (kinds.find(entries->key().front()) != std::string::npos) batch->Delete(family, entries->key());
    }
  };
  remove(kPostings, "d");
  remove(kCounters, "def");
  batch->Delete(kMeta, kDerivedKey);
  ASSERT_TRUE(store.faulty().Write(*batch, kv::Durability::kSynced).ok());
}

TEST(UpgradeTest, AStoreOfTheFirstReleaseGetsItsPostingsAndCounters) {
  TestStore store(Engine::kRocks);
  store.CommitRange("partner-a", 1, 1'500);
  store.CommitRange("partner-b", 1, 3);
  MakeOld(store);
  EXPECT_FALSE(store.Audit().ok());
  store.Reopen();
  const auto report = store.Audit();
  EXPECT_TRUE(report.ok()) << report.ShortDebugString();
  // It is done once: what is written afterwards stays.
  store.CommitRange("partner-c", 1, 2);
  store.Reopen();
  EXPECT_TRUE(store.Audit().ok());
}

TEST(UpgradeTest, OneThatWasInterruptedBeginsAnew) {
  TestStore store(Engine::kRocks);
  store.CommitRange("partner-a", 1, 10);
  MakeOld(store);
  // Killed after the old ones were cleared.
  ASSERT_TRUE(kv::ClearFamily(store.faulty(), kPostings).ok());
  store.Reopen();
  EXPECT_TRUE(store.Audit().ok());
}

}  // namespace
}  // namespace ordermesh::error_store
