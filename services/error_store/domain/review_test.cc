#include "services/error_store/domain/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/errors.h"
#include "services/error_store/domain/event_log.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

ErrorMessage ErrorThatIs(ErrorMessage::Status status) {
  ErrorMessage error;
  error.set_id("7");
  error.set_partner_id("partner-a");
  error.set_status(status);
  error.set_revision(5);
  error.set_ttl_days(30);
  error.set_payload_sha256("old");
  auto* violation = error.add_violations();
  violation->set_field("quantity");
  violation->set_value("secret");
  if (status == ErrorMessage::IN_REVIEW) error.set_assignee("jo");
  return error;
}

Action Of(ErrorEvent::Action kind, const std::string& text = "") {
  Action action;
  action.kind = kind;
  action.actor.subject = "jo";
  action.text = text;
  return action;
}

Action Answer(OrderVerdict::Verdict verdict) {
  Action action = Of(ErrorEvent::ANSWERED);
  action.verdict.set_verdict(verdict);
  if (verdict == OrderVerdict::REJECTED) action.verdict.add_violations()->set_field("price");
  if (verdict != OrderVerdict::REJECTED) action.verdict.set_order_id("order");
  return action;
}

// The status after the action; STATUS_UNSPECIFIED where it is refused, in which case nothing has changed.
ErrorMessage::Status After(ErrorMessage::Status status, const Action& action) {
  ErrorMessage error = ErrorThatIs(status);
  const auto event = Apply(action, kNow, error);
  if (event.ok()) return error.status();
  EXPECT_EQ(event.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(error.SerializeAsString(), ErrorThatIs(status).SerializeAsString());
  return ErrorMessage::STATUS_UNSPECIFIED;
}

TEST(ReviewTest, TheTransitionTableIsThePictureInTheProto) {
  constexpr auto kNo = ErrorMessage::STATUS_UNSPECIFIED;
  constexpr auto kOpen = ErrorMessage::OPEN;
  constexpr auto kReview = ErrorMessage::IN_REVIEW;
  constexpr auto kRetrying = ErrorMessage::RETRYING;
  constexpr auto kResolved = ErrorMessage::RESOLVED;
  constexpr auto kDiscarded = ErrorMessage::DISCARDED;
  const auto row = [](const Action& action) {
    std::vector<ErrorMessage::Status> row;
    for (const auto status : {kOpen, kReview, kRetrying, kResolved, kDiscarded}) row.push_back(After(status, action));
    return row;
  };
  EXPECT_THAT(row(Of(ErrorEvent::ASSIGNED, "al")), ElementsAre(kReview, kReview, kNo, kNo, kNo));
  EXPECT_THAT(row(Of(ErrorEvent::RELEASED)), ElementsAre(kNo, kOpen, kNo, kNo, kNo));
  EXPECT_THAT(row(Of(ErrorEvent::EDITED)), ElementsAre(kOpen, kReview, kNo, kNo, kNo));
  EXPECT_THAT(row(Of(ErrorEvent::RETRIED)), ElementsAre(kRetrying, kRetrying, kNo, kNo, kNo));
  EXPECT_THAT(row(Of(ErrorEvent::DISCARDED, "no")), ElementsAre(kDiscarded, kDiscarded, kNo, kNo, kNo));
  EXPECT_THAT(row(Of(ErrorEvent::REOPENED)), ElementsAre(kNo, kNo, kNo, kNo, kOpen));
  EXPECT_THAT(row(Of(ErrorEvent::NOTED, "n")), ElementsAre(kOpen, kReview, kRetrying, kResolved, kDiscarded));
  EXPECT_THAT(row(Of(ErrorEvent::TAGGED)), ElementsAre(kOpen, kReview, kRetrying, kResolved, kDiscarded));
  EXPECT_THAT(row(Answer(OrderVerdict::CREATED)), ElementsAre(kNo, kNo, kResolved, kNo, kNo));
  EXPECT_THAT(row(Answer(OrderVerdict::REPLAYED)), ElementsAre(kNo, kNo, kResolved, kNo, kNo));
  EXPECT_THAT(row(Answer(OrderVerdict::REJECTED)), ElementsAre(kNo, kNo, kOpen, kNo, kNo));
  EXPECT_THAT(row(Answer(OrderVerdict::CONFLICT)), ElementsAre(kNo, kNo, kOpen, kNo, kNo));
}

TEST(ReviewTest, AnAnswerPutsTheErrorBackToWhoeverHadIt) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::IN_REVIEW);
  ASSERT_TRUE(Apply(Of(ErrorEvent::RETRIED), kNow, error).ok());
  EXPECT_EQ(error.retries(), 1);
  EXPECT_FALSE(error.has_expire_time());
  Action answer = Answer(OrderVerdict::REJECTED);
  EXPECT_FALSE(Apply(answer, kNow, error).ok());
  answer.retry = 1;
  ASSERT_TRUE(Apply(answer, kNow, error).ok());
  EXPECT_EQ(error.status(), ErrorMessage::IN_REVIEW);
  EXPECT_EQ(error.retry_verdict(), OrderVerdict::REJECTED);
  ASSERT_EQ(error.violations_size(), 1);
  EXPECT_EQ(error.violations(0).field(), "price");
}

TEST(ReviewTest, ARetryThatGetsNoVerdictSaysNothingOfThePayload) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::RETRYING);
  ASSERT_TRUE(Apply(Of(ErrorEvent::ANSWERED, "PARTNER_SUSPENDED"), kNow, error).ok());
  EXPECT_EQ(error.status(), ErrorMessage::OPEN);
  EXPECT_EQ(error.violations(0).field(), "quantity");
  EXPECT_EQ(error.retry_verdict(), OrderVerdict::VERDICT_UNSPECIFIED);
}

TEST(ReviewTest, TheEventSaysWhoWhenAndHowItWasBeforeAndAfter) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::OPEN);
  Action action = Of(ErrorEvent::EDITED, "a missing customer");
  action.revision = 5;
  action.payload_sha256 = "new";
  const auto event = Apply(action, kNow, error);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->actor(), "jo");
  EXPECT_EQ(event->note(), "a missing customer");
  EXPECT_EQ(event->time().seconds(), 1'800'000'000);
  EXPECT_EQ(event->revision(), 6);
  EXPECT_EQ(event->before().payload_sha256(), "old");
  EXPECT_EQ(event->before().edit(), 0);
  EXPECT_EQ(event->after().payload_sha256(), "new");
  EXPECT_EQ(event->after().edit(), 1);
  // Payloads are kept until they expire, the log for ever.
  EXPECT_EQ(event->before().violations(0).value(), "");
  EXPECT_EQ(error.violations(0).value(), "secret");
}

TEST(ReviewTest, NothingThatIsWrittenMayHoldACardNumber) {
  EXPECT_TRUE(CheckAction(Of(ErrorEvent::NOTED, "called, paid by bank")).ok());
  const absl::Status refused = CheckAction(Of(ErrorEvent::NOTED, "paid with 4111 1111 1111 1111"));
  EXPECT_EQ(ReasonOf(refused), "CARD_NUMBER");
  EXPECT_EQ(refused.ToString().find("4111"), std::string::npos);
}

TEST(ReviewTest, WhatIsBasedOnAnotherRevisionIsAborted) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::OPEN);
  Action action = Of(ErrorEvent::EDITED);
  action.revision = 4;
  const auto event = Apply(action, kNow, error);
  EXPECT_EQ(event.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(event.status()), "STALE");
}

TEST(ReviewTest, ItExpiresAfterItsLastChangeButNotUnderReview) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::OPEN);
  ASSERT_TRUE(Apply(Of(ErrorEvent::NOTED, "n"), kNow, error).ok());
  EXPECT_EQ(ExpireSecond(error), 1'800'000'000 + 30 * 86'400);
  ASSERT_TRUE(Apply(Of(ErrorEvent::ASSIGNED, "al"), kNow, error).ok());
  EXPECT_FALSE(error.has_expire_time());
  EXPECT_FALSE(MayExpire(error.status()));
}

TEST(ReviewTest, TagsAreSortedOnceEachAndBounded) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::OPEN);
  Action action = Of(ErrorEvent::TAGGED);
  action.add_tags = {"b", "a", "b", "c"};
  action.remove_tags = {"c", "d"};
  ASSERT_TRUE(Apply(action, kNow, error).ok());
  EXPECT_THAT(error.tags(), ElementsAre("a", "b"));
  action.remove_tags.clear();
  for (size_t i = 0; i < kMaxTags; ++i) action.add_tags.push_back("t" + std::to_string(i));
  EXPECT_EQ(ReasonOf(Apply(action, kNow, error).status()), "TOO_MANY_TAGS");
}

TEST(ReviewTest, OwnRetriesAndEditsAreCapped) {
  ErrorMessage error = ErrorThatIs(ErrorMessage::OPEN);
  error.set_retries(kMaxRetries);
  error.set_edits(kMaxEdits);
  EXPECT_EQ(ReasonOf(Apply(Of(ErrorEvent::RETRIED), kNow, error).status()), "TOO_MANY_RETRIES");
  EXPECT_EQ(ReasonOf(Apply(Of(ErrorEvent::EDITED), kNow, error).status()), "TOO_MANY_EDITS");
}

TEST(ReviewTest, WhatIsAskedMustBeWellFormed) {
  EXPECT_FALSE(CheckAction(Of(ErrorEvent::ASSIGNED)).ok());
  EXPECT_FALSE(CheckAction(Of(ErrorEvent::NOTED, std::string(kMaxNoteBytes + 1, 'x'))).ok());
  EXPECT_FALSE(CheckAction(Of(ErrorEvent::DISCARDED, "a\x01")).ok());
  EXPECT_FALSE(CheckAction(Of(ErrorEvent::EDITED, "no revision")).ok());
  Action tags = Of(ErrorEvent::TAGGED);
  EXPECT_FALSE(CheckAction(tags).ok());
  tags.add_tags = {"Upper"};
  EXPECT_FALSE(CheckAction(tags).ok());
  EXPECT_TRUE(CheckAction(Of(ErrorEvent::NOTED, "two\nlines")).ok());
  EXPECT_TRUE(CheckAction(Of(ErrorEvent::RETRIED)).ok());
}

TEST(EventLogTest, EachEventHoldsTheHashOfTheOneBefore) {
  ErrorEvent first;
  first.set_error_id("7");
  const std::string first_bytes = Seal(1, NoHash(), first);
  ErrorEvent second;
  const std::string second_bytes = Seal(2, first.hash(), second);
  const auto read = Unseal(2, second_bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->previous_hash(), first.hash());
  EXPECT_EQ(read->hash(), second.hash());
  std::string changed = first_bytes;
  changed.back() ^= 1;
  const auto forged = Unseal(1, changed);
  EXPECT_TRUE(!forged.ok() || forged->hash() != second.previous_hash());
  EXPECT_EQ(Unseal(3, second_bytes).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace ordermesh::error_store
