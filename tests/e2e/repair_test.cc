// Errors repaired by people, on a whole mesh: edits, retries, who may do what, and deaths between any two steps.
#include "tests/e2e/repair_fixture.h"

namespace ordermesh::e2e {
namespace {

using ::testing::ElementsAre;

TEST_F(RepairTest, ARejectedOrderIsRepairedAndBecomesOneOrder) {
  const std::string id = Reject(1);
  const int64_t orders = StoredOrders();
  const int64_t errors = StoredErrors();
  error::v1::TryEditRequest attempt;
  attempt.set_id(id);
  attempt.set_raw_payload(GoodPayload(1));
  const auto tried = Call(&ErrorReviewService::Stub::TryEdit, attempt);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->order().external_order_id(), "FIX-1");
  const auto edited = Edit(id, 1, GoodPayload(1), /*retry=*/true);
  ASSERT_TRUE(edited.ok()) << edited.status();
  const OrderError error = AwaitVerdict(id);
  EXPECT_EQ(error.status(), OrderError::RESOLVED);
  EXPECT_EQ(error.retry_verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(error.raw_payload(), BadPayload(1));
  EXPECT_EQ(StoredOrders(), orders + 1);
  EXPECT_EQ(StoredErrors(), errors);
  // The partner repairs it as well, a moment later: it is the same order.
  const auto late = Submit("partner-a", GoodPayload(1));
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->verdict(), OrderVerdict::REPLAYED);
  EXPECT_EQ(late->order_id(), error.resolved_order_id());
  EXPECT_THAT(Done(id), ElementsAre(ErrorEvent::EDITED, ErrorEvent::RETRIED, ErrorEvent::ANSWERED));
  ExpectSound();
}

TEST_F(RepairTest, ARetryThatIsRejectedMakesNoSecondError) {
  const std::string id = Reject(2);
  const int64_t errors = StoredErrors();
  const std::string worse = absl::StrReplaceAll(GoodPayload(2), {{"\"currency\": \"USD\"", "\"currency\": \"XXX\""}});
  ASSERT_TRUE(Edit(id, 1, worse, /*retry=*/true).ok());
  const OrderError error = AwaitVerdict(id);
  EXPECT_EQ(error.status(), OrderError::OPEN);
  EXPECT_EQ(error.retry_verdict(), OrderVerdict::REJECTED);
  ASSERT_EQ(error.violations_size(), 1);
  EXPECT_EQ(error.violations(0).field(), "currency");
  EXPECT_EQ(StoredErrors(), errors);
  ExpectSound();
}

TEST_F(RepairTest, AnEditWithACardNumberIsNotKept) {
  const std::string id = Reject(5);
  const std::string card = absl::StrReplaceAll(GoodPayload(5), {{"CUST-001", "4111111111111111"}});
  ASSERT_NE(card, GoodPayload(5));
  EXPECT_EQ(ReasonOf(Edit(id, 1, card).status()), "CARD_NUMBER");
  EXPECT_EQ(Get(id).edits(), 0);
}

TEST_F(RepairTest, OfTwoOperatorsOneIsTold) {
  const std::string id = Reject(3);
  ASSERT_TRUE(Edit(id, 1, GoodPayload(3)).ok());
  const auto second = Edit(id, 1, absl::StrCat(GoodPayload(3), " "));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(second.status()), "STALE");
}

TEST_F(RepairTest, APartnerRepairsItsOwnErrorsAndSeesNoOthers) {
  const std::string id = Reject(4);
  const auto foreign = Edit(id, 1, GoodPayload(4), false, mesh_->EdgeAs("partner-b"));
  EXPECT_EQ(foreign.status().code(), absl::StatusCode::kNotFound);
  const auto own = Edit(id, 1, GoodPayload(4), true, mesh_->EdgeAs("partner-a"));
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(AwaitVerdict(id).status(), OrderError::RESOLVED);
}

// Each service in turn is killed right after an error began to be sent: it becomes one order all the same.
TEST_F(RepairTest, ADeathBetweenAnyTwoStepsLosesAndDoublesNothing) {
  int64_t number = 100;
  for (const char* victim : {testing::kErrorStore, testing::kFeed, testing::kValidation, testing::kOrderStore}) {
    for (const absl::Duration after : {absl::ZeroDuration(), absl::Milliseconds(1), absl::Milliseconds(5)}) {
      const std::string id = Reject(++number);
      const int64_t orders = StoredOrders();
      ASSERT_TRUE(Edit(id, 1, GoodPayload(number)).ok());
      ASSERT_TRUE(Retry(id).ok());
      absl::SleepFor(after);
      mesh_->Kill(victim);
      const OrderError error = AwaitVerdict(id);
      EXPECT_EQ(error.status(), OrderError::RESOLVED) << victim << " after " << after;
      EXPECT_EQ(StoredOrders(), orders + 1) << victim << " after " << after;
      EXPECT_THAT(Done(id), ElementsAre(ErrorEvent::EDITED, ErrorEvent::RETRIED, ErrorEvent::ANSWERED));
    }
  }
  ExpectSound();
}

}  // namespace
}  // namespace ordermesh::e2e
