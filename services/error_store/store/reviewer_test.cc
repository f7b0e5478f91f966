#include "services/error_store/store/reviewer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/store/groups.h"
#include "services/error_store/store/history.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReviewerTest : public ::testing::TestWithParam<Engine> {
 protected:
  // The id of a new error of the partner.
  Uuid Keep(int number, const std::string& partner = "partner-a") {
    return store_.Commit(MakeIntake(partner, number)).id;
  }

  static ReviewRequest Ask(const Uuid& id, ErrorEvent::Action kind, const std::string& text = "") {
    ReviewRequest request;
    request.id = id;
    request.action.kind = kind;
    request.action.actor.subject = "jo";
    request.action.text = text;
    return request;
  }
  static ReviewRequest Edit(const Uuid& id, int64_t revision, const std::string& payload) {
    ReviewRequest request = Ask(id, ErrorEvent::EDITED, "why");
    request.action.revision = revision;
    request.raw_payload = payload;
    request.action.payload_sha256 = Sha256(payload);
    return request;
  }
  // The verdict of the last retry.
  ReviewRequest Answer(const Uuid& id, OrderVerdict::Verdict verdict, const std::string& order_id = "") {
    ReviewRequest request = Ask(id, ErrorEvent::ANSWERED);
    request.action.retry = Get(id).retries();
    request.action.verdict.set_verdict(verdict);
    request.action.verdict.set_order_id(order_id);
    return request;
  }

  ErrorMessage Get(const Uuid& id) {
    ErrorMessage error;
    const auto status = GetError(store_.kv(), id.ToString(), &error);
    EXPECT_TRUE(status.ok()) << status;
    return error;
  }
  std::vector<std::string> Payloads(const Uuid& id) {
    ordermesh::error::v1::ListErrorEditsRequest request;
    request.set_id(id.ToString());
    ordermesh::error::v1::ListErrorEditsResponse response;
    EXPECT_TRUE(ListEdits(store_.kv(), 0, request, "", &response).ok());
    std::vector<std::string> payloads;
    for (const auto& edit : response.edits()) payloads.push_back(edit.raw_payload());
    return payloads;
  }
  std::vector<ErrorEvent::Action> Done(const Uuid& id) {
    ordermesh::error::v1::ListErrorEventsRequest request;
    request.set_error_id(id.ToString());
    ordermesh::error::v1::ListErrorEventsResponse response;
    EXPECT_TRUE(ListEvents(store_.kv(), 0, request, "", &response).ok());
    std::vector<ErrorEvent::Action> actions;
    for (const auto& event : response.events()) actions.push_back(event.action());
    return actions;
  }
  ordermesh::error::v1::ListErrorGroupsResponse Groups() {
    ordermesh::error::v1::ListErrorGroupsResponse response;
    EXPECT_TRUE(ListGroups(store_.kv(), 0, store_.now(), {}, "", &response).ok());
    return response;
  }
  void ExpectSound() {
    const auto report = store_.Audit();
    EXPECT_TRUE(report.ok()) << report.ShortDebugString();
  }

  TestStore store_{GetParam()};
};

TEST_P(ReviewerTest, AnErrorIsRepairedAndEveryStepIsKept) {
  const Uuid id = Keep(1);
  const std::string original = Get(id).raw_payload();
  ASSERT_TRUE(store_.Review(Ask(id, ErrorEvent::ASSIGNED, "al")).ok());
  const auto edited = store_.Review(Edit(id, 2, R"({"fixed":1})"));
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(edited->revision(), 3);
  EXPECT_EQ(edited->edits(), 1);
  ASSERT_TRUE(store_.Review(Ask(id, ErrorEvent::RETRIED)).ok());
  const auto resolved = store_.Review(Answer(id, OrderVerdict::CREATED, "the-order"));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->status(), ErrorMessage::RESOLVED);
  EXPECT_EQ(resolved->resolved_order_id(), "the-order");
  EXPECT_EQ(Get(id).raw_payload(), original);
  EXPECT_THAT(Payloads(id), ElementsAre(original, R"({"fixed":1})"));
  EXPECT_THAT(Done(id),
              ElementsAre(ErrorEvent::ASSIGNED, ErrorEvent::EDITED, ErrorEvent::RETRIED, ErrorEvent::ANSWERED));
  ExpectSound();
}

TEST_P(ReviewerTest, AChangedErrorMovesToTheEndOfTheFeed) {
  const Uuid first = Keep(1);
  Keep(2);
  EXPECT_EQ(store_.store().end(), 2);
  ASSERT_TRUE(store_.Review(Ask(first, ErrorEvent::NOTED, "look")).ok());
  EXPECT_EQ(store_.store().end(), 3);
  ordermesh::error::v1::WatchErrorsResponse response;
  ASSERT_TRUE(ReadFeed(store_.kv(), {.after = 0, .max_errors = 10}, 3, &response).ok());
  ASSERT_EQ(response.errors_size(), 2);
  EXPECT_EQ(response.errors(0).position(), 2);
  EXPECT_EQ(response.errors(1).position(), 3);
  EXPECT_EQ(response.errors(1).error().id(), first.ToString());
  ExpectSound();
}

TEST_P(ReviewerTest, ALateAnswerIsNotThatOfTheNextRetry) {
  const Uuid id = Keep(1);
  ASSERT_TRUE(store_.Review(Ask(id, ErrorEvent::RETRIED)).ok());
  const ReviewRequest first = Answer(id, OrderVerdict::REJECTED);
  ASSERT_TRUE(store_.Review(first).ok());
  ReviewRequest better = Edit(id, Get(id).revision(), "better");
  better.retry = true;
  ASSERT_TRUE(store_.Review(std::move(better)).ok());
  EXPECT_EQ(store_.Review(first).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Get(id).status(), ErrorMessage::RETRYING);
  ASSERT_TRUE(store_.Review(Answer(id, OrderVerdict::CREATED, "the-order")).ok());
  EXPECT_EQ(Get(id).resolved_order_id(), "the-order");
}

TEST_P(ReviewerTest, OfTwoEditsOnTheSameRevisionOneIsRefusedLoudly) {
  const Uuid id = Keep(1);
  std::vector<ReviewRequest> requests;
  requests.push_back(Edit(id, 1, "mine"));
  requests.push_back(Edit(id, 1, "yours"));
  const auto outcomes = store_.Review(std::move(requests));
  ASSERT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Payloads(id), ElementsAre(::testing::_, "mine"));
  EXPECT_THAT(Done(id), ElementsAre(ErrorEvent::EDITED));
  ExpectSound();
}

TEST_P(ReviewerTest, AnEditThatIsSentAtOnceIsOneWriteOrNothing) {
  const Uuid id = Keep(1);
  ReviewRequest request = Edit(id, 1, "better");
  request.retry = true;
  const auto outcome = store_.Review(std::move(request));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->status(), ErrorMessage::RETRYING);
  EXPECT_EQ(outcome->edits(), 1);
  ReviewRequest late = Edit(id, outcome->revision(), "later");
  late.retry = true;
  EXPECT_EQ(store_.Review(std::move(late)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Payloads(id).size(), 2u);
  ExpectSound();
}

TEST_P(ReviewerTest, AnEditIsOfTheOriginalsKindAndDiffers) {
  const Uuid id = Keep(1);
  const std::string original = Get(id).raw_payload();
  EXPECT_EQ(store_.Review(Edit(id, 1, original)).status().code(), absl::StatusCode::kInvalidArgument);
  ReviewRequest canonical = Edit(id, 1, "");
  canonical.canonical_order = "\x0a\x01x";
  EXPECT_EQ(store_.Review(std::move(canonical)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_.store().end(), 1);
}

TEST_P(ReviewerTest, WhatIsMissingOrForeignIsNotFound) {
  const Uuid id = Keep(1);
  ReviewRequest foreign = Ask(id, ErrorEvent::NOTED, "n");
  foreign.partner_id = "partner-b";
  EXPECT_EQ(store_.Review(std::move(foreign)).status(), ErrorNotFound());
  EXPECT_EQ(store_.Review(Ask(Uuid{1, 2}, ErrorEvent::NOTED, "n")).status(), ErrorNotFound());
  EXPECT_THAT(Done(id), IsEmpty());
}

TEST_P(ReviewerTest, AFullDiskChangesNothing) {
  const Uuid id = Keep(1);
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  EXPECT_EQ(store_.Review(Ask(id, ErrorEvent::RETRIED)).status().code(), absl::StatusCode::kResourceExhausted);
  store_.faulty().FailWritesWith(absl::OkStatus());
  EXPECT_EQ(Get(id).status(), ErrorMessage::OPEN);
  EXPECT_TRUE(store_.Review(Ask(id, ErrorEvent::RETRIED)).ok());
  ExpectSound();
}

TEST_P(ReviewerTest, NothingUnderReviewExpires) {
  store_.options().ttl = absl::Hours(24);
  store_.Reopen();
  const Uuid kept = Keep(1);
  const Uuid gone = Keep(2);
  ASSERT_TRUE(store_.Review(Ask(kept, ErrorEvent::ASSIGNED, "al")).ok());
  ASSERT_TRUE(store_.Review(Edit(gone, 1, "other")).ok());
  store_.Advance(absl::Hours(25));
  EXPECT_EQ(store_.store().Sweep().value_or(-1), 1);
  EXPECT_EQ(Get(kept).status(), ErrorMessage::IN_REVIEW);
  ExpectSound();
  ASSERT_TRUE(store_.Review(Ask(kept, ErrorEvent::RELEASED)).ok());
  store_.Advance(absl::Hours(25));
  EXPECT_EQ(store_.store().Sweep().value_or(-1), 1);
  ExpectSound();
  // The log says what was done, also to what is gone.
  ordermesh::error::v1::ListErrorEventsResponse events;
  ASSERT_TRUE(ListEvents(store_.kv(), 0, {}, "", &events).ok());
  EXPECT_EQ(events.events_size(), 3);
}

TEST_P(ReviewerTest, GroupsCountWhatIsOpen) {
  for (int i = 1; i <= 3; ++i) Keep(i);
  const auto before = Groups();
  ASSERT_GT(before.groups_size(), 0);
  const auto group = before.groups(0);
  EXPECT_EQ(group.open(), group.count());
  EXPECT_GT(group.first_seen().seconds(), 0);
  EXPECT_GE(group.last_seen().seconds(), group.first_seen().seconds());
  EXPECT_EQ(group.hours_size(), 24);
  ASSERT_TRUE(store_.Review(Ask(Keep(1), ErrorEvent::DISCARDED, "a test")).ok());
  int64_t open_before = 0;
  int64_t open_after = 0;
  for (const auto& one : before.groups()) open_before += one.open();
  const auto after = Groups();
  for (const auto& one : after.groups()) open_after += one.open();
  EXPECT_LT(open_after, open_before);
  ExpectSound();
}

TEST_P(ReviewerTest, AnyOrderOfActionsLeavesASoundStore) {
  std::mt19937_64 random(7);
  std::vector<Uuid> ids;
  for (int i = 1; i <= 20; ++i) ids.push_back(Keep(i));
  constexpr std::array kKinds = {ErrorEvent::ASSIGNED, ErrorEvent::RELEASED, ErrorEvent::NOTED,
                                 ErrorEvent::EDITED,   ErrorEvent::RETRIED,  ErrorEvent::DISCARDED,
                                 ErrorEvent::ANSWERED, ErrorEvent::REOPENED};
  int done = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<ReviewRequest> requests;
    for (uint64_t i = 0; i <= random() % 8; ++i) {
      const Uuid& id = ids[random() % ids.size()];
      const auto kind = kKinds[random() % kKinds.size()];
      ReviewRequest request = Ask(id, kind, "text");
      if (kind == ErrorEvent::EDITED) request = Edit(id, Get(id).revision(), "edit " + std::to_string(random()));
      if (kind == ErrorEvent::ANSWERED) {
        request = Answer(id, random() % 2 == 0 ? OrderVerdict::CREATED : OrderVerdict::REJECTED, "order");
      }
      requests.push_back(std::move(request));
    }
    for (const auto& outcome : store_.Review(std::move(requests))) done += outcome.ok() ? 1 : 0;
    if (round == 30) {
      if (GetParam() == Engine::kRocks) store_.Reopen();
      Keep(100);
    }
  }
  EXPECT_GT(done, 50);
  ExpectSound();
}

INSTANTIATE_TEST_SUITE_P(Engines, ReviewerTest, ::testing::Values(Engine::kMemory, Engine::kRocks));

}  // namespace
}  // namespace ordermesh::error_store
