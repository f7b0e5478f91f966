#include "services/order_store/domain/decision.h"

#include <gtest/gtest.h>

#include <string>

namespace ordermesh::order_store {
namespace {

// The table of docs/ARCHITECTURE.md, written as one would look it up: which row comes first.
Decision Expected(const Facts& facts) {
  const bool replay = facts.has_holder && (facts.same_raw || facts.same_content);
  if (facts.has_holder && facts.same_ingest_id) return Decision::kCreatedBefore;
  if (replay) return Decision::kReplayed;
  if (facts.is_question) return Decision::kNotAReplay;
  if (facts.has_holder) return Decision::kConflict;
  return facts.sequence_used ? Decision::kSequenceReused : Decision::kAccept;
}

class DecisionTest : public testing::TestWithParam<int> {
 protected:
  static Facts FactsOf(int bits) {
    return {.is_question = (bits & 1) != 0,
            .has_holder = (bits & 2) != 0,
            .same_ingest_id = (bits & 4) != 0,
            .same_raw = (bits & 8) != 0,
            .same_content = (bits & 16) != 0,
            .sequence_used = (bits & 32) != 0};
  }
};

TEST_P(DecisionTest, FollowsThePrecedenceOfVerdicts) {
  const Facts facts = FactsOf(GetParam());
  EXPECT_EQ(Decide(facts), Expected(facts));
}

TEST_P(DecisionTest, NeverWritesForAQuestion) {
  Facts facts = FactsOf(GetParam());
  facts.is_question = true;
  const Decision decision = Decide(facts);
  EXPECT_TRUE(decision == Decision::kNotAReplay || decision == Decision::kReplayed ||
              decision == Decision::kCreatedBefore);
}

INSTANTIATE_TEST_SUITE_P(EveryCombination, DecisionTest, testing::Range(0, 64));

TEST(DecisionTableTest, NamesEachVerdictOnce) {
  EXPECT_EQ(Decide({}), Decision::kAccept);
  EXPECT_EQ(Decide({.sequence_used = true}), Decision::kSequenceReused);
  EXPECT_EQ(Decide({.has_holder = true}), Decision::kConflict);
  EXPECT_EQ(Decide({.has_holder = true, .sequence_used = true}), Decision::kConflict);
  EXPECT_EQ(Decide({.has_holder = true, .same_content = true}), Decision::kReplayed);
  EXPECT_EQ(Decide({.has_holder = true, .same_raw = true}), Decision::kReplayed);
  EXPECT_EQ(Decide({.has_holder = true, .same_ingest_id = true}), Decision::kCreatedBefore);
  EXPECT_EQ(Decide({.is_question = true}), Decision::kNotAReplay);
  EXPECT_EQ(Decide({.is_question = true, .has_holder = true}), Decision::kNotAReplay);
}

}  // namespace
}  // namespace ordermesh::order_store
