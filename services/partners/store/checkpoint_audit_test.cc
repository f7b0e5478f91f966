#include "services/partners/store/checkpoint_audit.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/partners/store/test_store.h"

namespace ordermesh::partners {
namespace {

class CheckpointAuditTest : public testing::Test {
 protected:
  void Create(const std::string& id) {
    const auto entry = store_.store().Apply(id, [&id](const PartnerEntry*) -> absl::StatusOr<Change> {
      v1::Partner asked;
      asked.set_partner_id(id);
      return Change{.partner = *NewPartner(asked)};
    });
    ASSERT_TRUE(entry.ok()) << entry.status();
  }

  common::v1::AuditReport TakeAndAudit() {
    const std::string copy = absl::StrCat(directory_.path(), "/copy", ++copies_);
    EXPECT_TRUE(store_.store().WriteCheckpoint(copy).ok());
    const auto audit = AuditCheckpoint(copy);
    EXPECT_TRUE(audit.ok()) << audit.status();
    common::v1::AuditResponse response;
    for (bool more = audit.ok(); more;) {
      const auto step = (*audit)->Step(&response);
      EXPECT_TRUE(step.ok()) << step.status();
      more = step.value_or(false);
    }
    return response.report();
  }

  TestStore store_{Engine::kRocks};
  const TestDirectory directory_;
  int copies_ = 0;
};

TEST_F(CheckpointAuditTest, TheSameStateHasTheSameHash) {
  Create("a");
  Create("b");
  const auto first = TakeAndAudit();
  EXPECT_TRUE(first.ok()) << first.DebugString();
  EXPECT_EQ(first.last_position(), store_.store().last_written());
  EXPECT_EQ(TakeAndAudit().state_hash(), first.state_hash());
  Create("c");
  EXPECT_NE(TakeAndAudit().state_hash(), first.state_hash());
}

TEST_F(CheckpointAuditTest, ADamagedRecordIsAProblem) {
  Create("a");
  store_.Plant(kPartners, "b", "no partner");
  const std::string db = store_.directory() + "/db";
  const auto audit = AuditCheckpoint(db);
  ASSERT_TRUE(audit.ok()) << audit.status();
  common::v1::AuditResponse response;
  while (*(*audit)->Step(&response)) {
  }
  EXPECT_FALSE(response.report().ok());
  EXPECT_EQ(response.report().problems_size(), 1);
}

}  // namespace
}  // namespace ordermesh::partners
