#include "services/error_store/store/checkpoint_audit.h"

#include <gtest/gtest.h>

#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

TEST(CheckpointAuditTest, ItsHashIsThatOfTheStoreWhenItWasTaken) {
  TestStore store(Engine::kRocks);
  store.CommitRange("partner-a", 1, 50);
  const auto then = store.Audit();
  const TestDirectory directory;
  ASSERT_TRUE(store.store().WriteCheckpoint(directory.path() + "/copy").ok());
  store.CommitRange("partner-a", 51, 60);
  const auto audit = AuditCheckpoint(directory.path() + "/copy", 0);
  ASSERT_TRUE(audit.ok()) << audit.status();
  common::v1::AuditResponse response;
  for (bool more = true; more;) {
    const auto step = (*audit)->Step(&response);
    ASSERT_TRUE(step.ok()) << step.status();
    more = *step;
  }
  EXPECT_TRUE(response.report().ok()) << response.DebugString();
  EXPECT_EQ(response.report().last_position(), then.last_position());
  EXPECT_EQ(response.report().state_hash(), then.state_hash());
  EXPECT_NE(response.report().state_hash(), store.Audit().state_hash());
}

}  // namespace
}  // namespace ordermesh::error_store
