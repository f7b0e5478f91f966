#include "services/error_store/store/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/errors.h"
#include "services/error_store/store/history.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/scan.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JobsTest : public ::testing::TestWithParam<Engine> {
 protected:
  JobsTest() { store_.CommitRange("partner-a", 1, kErrors); }

  // Begins a job that sends every error again.
  JobMessage Begin(const std::string& request_id = "one") {
    ordermesh::error::v1::StartJobRequest request;
    request.set_request_id(request_id);
    request.mutable_action()->mutable_retry();
    JobRequest begin;
    begin.kind = JobRequest::Kind::kBegin;
    begin.actor.subject = "jo";
    const int64_t end = *LastPosition(store_.kv());
    begin.job = *BeginJob(request, begin.actor, store_.now(), kErrors, end);
    const JobOutcome outcome = store_.store().DoJob(std::move(begin));
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome->job;
  }

  // The next errors of the job, as they are now.
  JobRequest Piece(const JobMessage& job, int most) {
    JobRequest piece;
    piece.job.set_id(job.id());
    piece.from = job.next_position();
    const auto filter = FilterOf(job.filter());
    const auto snapshot = store_.kv().NewSnapshot();
    const auto to = Scan(store_.kv(), *filter, snapshot.get(), 10'000).Below(piece.from, [&](Found found) {
      if (static_cast<int>(piece.requests.size()) == most) return false;
      ReviewRequest request;
      request.id = *Uuid::Parse(found.row.error.id());
      request.action = ActionOf(job, found.row.error.revision());
      piece.requests.push_back(std::move(request));
      return true;
    });
    EXPECT_TRUE(to.ok()) << to.status();
    piece.to = *to;
    return piece;
  }
  JobTurn Do(JobRequest request) {
    JobOutcome outcome = store_.store().DoJob(std::move(request));
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return *std::move(outcome);
  }

  ReviewOutcome Review(const Uuid& id, ErrorEvent::Action kind, const std::string& text = "") {
    ReviewRequest request;
    request.id = id;
    request.action.kind = kind;
    request.action.actor.subject = "al";
    request.action.text = text;
    return store_.Review(std::move(request));
  }
  ReviewOutcome Answer(const Uuid& id, OrderVerdict::Verdict verdict) {
    ReviewRequest request;
    request.id = id;
    request.action.kind = ErrorEvent::ANSWERED;
    request.action.retry = 1;
    request.action.verdict.set_verdict(verdict);
    return store_.Review(std::move(request));
  }
  JobMessage Stored(const std::string& id) {
    const auto stored = FindJob(store_.kv(), id);
    EXPECT_TRUE(stored.ok() && stored->has_value());
    return (*stored)->job;
  }
  Uuid Id(int n) { return MakeIntake("partner-a", n).id; }
  void ExpectSound() {
    const auto report = store_.Audit();
    EXPECT_TRUE(report.ok()) << report.ShortDebugString();
  }

  static constexpr int kErrors = 7;
  TestStore store_{GetParam()};
};

TEST_P(JobsTest, TakesEveryErrorOnceAndEndsWithTheLastVerdict) {
  JobMessage job = Begin();
  std::vector<Uuid> sent;
  while (job.state() == JobMessage::RUNNING) {
    const JobTurn turn = Do(Piece(job, 3));
    sent.insert(sent.end(), turn.sent.begin(), turn.sent.end());
    job = turn.job;
  }
  EXPECT_EQ(job.state(), JobMessage::WAITING);
  EXPECT_EQ(sent.size(), size_t{kErrors});
  EXPECT_EQ(job.changed(), kErrors);
  for (const Uuid& id : sent) ASSERT_TRUE(Answer(id, OrderVerdict::CREATED).ok());
  EXPECT_EQ(Stored(job.id()).state(), JobMessage::DONE);
  EXPECT_EQ(Stored(job.id()).resolved(), kErrors);
  ExpectSound();
}

TEST_P(JobsTest, APieceThatWasTakenIsNotTakenAgain) {
  const JobMessage job = Begin();
  const JobTurn first = Do(Piece(job, 3));
  EXPECT_EQ(first.job.changed(), 3);
  // The same piece once more, as one who died before the answer would send it.
  const JobTurn again = Do(Piece(job, 3));
  EXPECT_THAT(again.sent, IsEmpty());
  EXPECT_EQ(again.job.changed(), 3);
  EXPECT_EQ(again.job.next_position(), first.job.next_position());
}

TEST_P(JobsTest, WhatSomebodyElseChangedIsLeftToHim) {
  const JobMessage job = Begin();
  JobRequest piece = Piece(job, 3);
  // Between the look and the write.
  ASSERT_TRUE(Review(piece.requests.front().id, ErrorEvent::ASSIGNED, "al").ok());
  const JobTurn turn = Do(std::move(piece));
  EXPECT_EQ(turn.job.changed(), 2);
  EXPECT_EQ(turn.job.skipped(), 1);
  // Before the look: it is past the job's end.
  ASSERT_TRUE(Review(Id(1), ErrorEvent::NOTED, "mine").ok());
  JobMessage last = turn.job;
  while (last.state() == JobMessage::RUNNING) last = Do(Piece(last, 10)).job;
  EXPECT_EQ(last.changed(), kErrors - 2);
  ExpectSound();
}

TEST_P(JobsTest, ANoteMeanwhileDoesNotLoseTheVerdict) {
  const JobTurn turn = Do(Piece(Begin(), 10));
  for (const Uuid& id : turn.sent) {
    ASSERT_TRUE(Review(id, ErrorEvent::NOTED, "look").ok());
    ASSERT_TRUE(Answer(id, OrderVerdict::REJECTED).ok());
  }
  EXPECT_EQ(Stored(turn.job.id()).state(), JobMessage::DONE);
  EXPECT_EQ(Stored(turn.job.id()).refused(), kErrors);
}

TEST_P(JobsTest, ACancelledOneTakesNoMore) {
  const JobMessage job = Begin();
  Do(Piece(job, 2));
  JobRequest cancel;
  cancel.kind = JobRequest::Kind::kCancel;
  cancel.job.set_id(job.id());
  EXPECT_EQ(Do(std::move(cancel)).job.state(), JobMessage::CANCELLING);
  EXPECT_THAT(*RunningJobs(store_.kv()), IsEmpty());
  EXPECT_THAT(Do(Piece(Stored(job.id()), 2)).sent, IsEmpty());
  ordermesh::error::v1::ListErrorEventsRequest request;
  ordermesh::error::v1::ListErrorEventsResponse events;
  ASSERT_TRUE(ListEvents(store_.kv(), 0, request, "", &events).ok());
  EXPECT_EQ(events.events(0).action(), ErrorEvent::JOB_STARTED);
  EXPECT_EQ(events.events().rbegin()->action(), ErrorEvent::JOB_CANCELLED);
  ExpectSound();
}

TEST_P(JobsTest, AFullDiskLeavesThePieceForLater) {
  const JobMessage job = Begin();
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  EXPECT_TRUE(absl::IsResourceExhausted(store_.store().DoJob(Piece(job, 3)).status()));
  store_.faulty().FailWritesWith(absl::OkStatus());
  EXPECT_EQ(Stored(job.id()).next_position(), job.next_position());
  EXPECT_EQ(Do(Piece(job, 3)).job.changed(), 3);
  ExpectSound();
}

TEST_P(JobsTest, AreListedNewestFirst) {
  const std::string first = Begin("one").id();
  const std::string second = Begin("two").id();
  ordermesh::error::v1::ListJobsRequest request;
  request.set_page_size(1);
  std::vector<std::string> ids;
  do {
    ordermesh::error::v1::ListJobsResponse page;
    ASSERT_TRUE(ListJobs(store_.kv(), 0, request, "", &page).ok());
    for (const auto& job : page.jobs()) ids.push_back(job.id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre(second, first));
  ordermesh::error::v1::ListJobsResponse foreign;
  ASSERT_TRUE(ListJobs(store_.kv(), 0, {}, "partner-a", &foreign).ok());
  EXPECT_EQ(foreign.jobs_size(), 0);
}

TEST_P(JobsTest, OnlySoManyRun) {
  for (int i = 0; i < 10; ++i) Begin("job " + std::to_string(i));
  JobRequest begin;
  begin.kind = JobRequest::Kind::kBegin;
  begin.job.set_id(MakeJobId("jo", "one too many").ToString());
  EXPECT_EQ(ReasonOf(store_.store().DoJob(std::move(begin)).status()), "TOO_MANY_JOBS");
}

INSTANTIATE_TEST_SUITE_P(Engines, JobsTest, ::testing::Values(Engine::kMemory, Engine::kRocks));

}  // namespace
}  // namespace ordermesh::error_store
