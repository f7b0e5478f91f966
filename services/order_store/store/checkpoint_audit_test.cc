#include "services/order_store/store/checkpoint_audit.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/common/kv/testing_kv.h"
#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

class CheckpointAuditTest : public StoreFixture {
 protected:
  void SetUp() override {
    auto kv = kv::OpenTestKv(kv::Engine::kRocks, directory_ + "/db", Families(32 << 20));
    ASSERT_TRUE(kv.ok()) << kv.status();
    auto store = OrderStore::Open(*std::move(kv), nullptr, options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  void CommitSome(uint64_t from, uint64_t to) {
    for (uint64_t n = from; n <= to; ++n) {
      Commit(n, MakeOrder(absl::StrCat("ORD-", n), static_cast<int64_t>(n)), absl::StrCat("raw ", n));
    }
  }

  common::v1::AuditReport AuditOf(const std::string& directory) {
    const auto audit = AuditCheckpoint(directory, 0);
    EXPECT_TRUE(audit.ok()) << audit.status();
    common::v1::AuditResponse response;
    for (bool more = audit.ok(); more;) {
      const auto step = (*audit)->Step(&response);
      EXPECT_TRUE(step.ok()) << step.status();
      more = step.value_or(false);
    }
    return response.report();
  }
};

TEST_F(CheckpointAuditTest, ItsHashIsThatOfTheStoreWhenItWasTaken) {
  CommitSome(1, 300);
  const common::v1::AuditReport then = RunAudit(false);
  ASSERT_TRUE(store_->WriteCheckpoint(directory_ + "/copy").ok());
  CommitSome(301, 400);
  const common::v1::AuditReport copy = AuditOf(directory_ + "/copy");
  EXPECT_TRUE(copy.ok()) << copy.DebugString();
  EXPECT_EQ(copy.last_position(), 300);
  EXPECT_GE((*AuditCheckpoint(directory_ + "/copy", 0))->record_version(), 1);
  EXPECT_EQ(copy.state_hash(), then.state_hash());
  EXPECT_NE(copy.state_hash(), RunAudit(false).state_hash());
}

TEST_F(CheckpointAuditTest, ChangesNoByteOfTheCheckpoint) {
  CommitSome(1, 20);
  const std::string copy = directory_ + "/copy";
  ASSERT_TRUE(store_->WriteCheckpoint(copy).ok());
  const auto names = [&copy] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(copy)) {
      found.push_back(absl::StrCat(entry.path().string(), " ", entry.file_size()));
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto before = names();
  AuditOf(copy);
  EXPECT_EQ(names(), before);
}

TEST_F(CheckpointAuditTest, AFolderThatIsNoStoreIsRefused) {
  std::filesystem::create_directories(directory_ + "/empty");
  EXPECT_FALSE(AuditCheckpoint(directory_ + "/empty", 0).ok());
}

}  // namespace
}  // namespace ordermesh::order_store
