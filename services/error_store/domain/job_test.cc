#include "services/error_store/domain/job.h"

#include <gtest/gtest.h>

#include "services/common/base/errors.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::StartJobRequest;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

StartJobRequest Request() {
  StartJobRequest request;
  request.set_request_id("one");
  request.mutable_filter()->set_partner_id("partner-a");
  request.mutable_action()->mutable_retry();
  return request;
}

JobMessage Begun(int64_t matched = 10) {
  Actor actor;
  actor.subject = "jo";
  const auto job = BeginJob(Request(), actor, kNow, matched, 100);
  EXPECT_TRUE(job.ok()) << job.status();
  return *job;
}

std::string RefusedField(const StartJobRequest& request) {
  const auto job = BeginJob(request, {}, kNow, 10, 100);
  EXPECT_FALSE(job.ok());
  return std::string(job.status().message());
}

TEST(JobTest, BeginsBelowTheEndThatWasSeen) {
  const JobMessage job = Begun();
  EXPECT_EQ(job.state(), JobMessage::RUNNING);
  EXPECT_EQ(job.begin_position(), 100);
  EXPECT_EQ(job.next_position(), 101);
  EXPECT_EQ(job.rate(), 250);
  EXPECT_EQ(Begun().id(), job.id());
}

TEST(JobTest, OneThatMatchesNothingIsDone) { EXPECT_EQ(Begun(0).state(), JobMessage::DONE); }

TEST(JobTest, WhatIsBadIsNamed) {
  StartJobRequest request = Request();
  request.clear_request_id();
  EXPECT_NE(RefusedField(request).find("request_id"), std::string::npos);
  request = Request();
  request.clear_action();
  EXPECT_NE(RefusedField(request).find("action"), std::string::npos);
  request = Request();
  request.mutable_filter()->set_field("quantity");
  EXPECT_NE(RefusedField(request).find("field"), std::string::npos);
  request = Request();
  request.set_rate(5'001);
  EXPECT_NE(RefusedField(request).find("rate"), std::string::npos);
  request = Request();
  request.mutable_action()->mutable_discard();
  EXPECT_NE(RefusedField(request).find("reason"), std::string::npos);
  request = Request();
  request.mutable_action()->mutable_fix();
  EXPECT_NE(RefusedField(request).find("operations"), std::string::npos);
}

TEST(JobTest, AnotherCountThanWasPreviewedIsRefused) {
  StartJobRequest request = Request();
  request.set_expected_count(11);
  const auto job = BeginJob(request, {}, kNow, 10, 100);
  EXPECT_EQ(ReasonOf(job.status()), "COUNT_DIFFERS");
}

TEST(JobTest, EndsWithTheLastVerdict) {
  JobMessage job = Begun();
  Advance(50, 6, 1, kNow, job);
  EXPECT_EQ(job.state(), JobMessage::RUNNING);
  EXPECT_EQ(job.retrying(), 6);
  for (int i = 0; i < 6; ++i) Answered(i % 2 == 0, kNow, job);
  EXPECT_EQ(job.state(), JobMessage::RUNNING);
  Advance(0, 2, 1, kNow, job);
  EXPECT_EQ(job.state(), JobMessage::WAITING);
  Answered(true, kNow, job);
  Answered(true, kNow, job);
  EXPECT_EQ(job.state(), JobMessage::DONE);
  EXPECT_EQ(job.changed(), 8);
  EXPECT_EQ(job.skipped(), 2);
  EXPECT_EQ(job.resolved(), 5);
  EXPECT_EQ(job.refused(), 3);
}

TEST(JobTest, ACancelledOneStillHearsItsVerdicts) {
  JobMessage job = Begun();
  Advance(50, 1, 0, kNow, job);
  Cancel(kNow, job);
  EXPECT_EQ(job.state(), JobMessage::CANCELLING);
  Answered(false, kNow, job);
  EXPECT_EQ(job.state(), JobMessage::CANCELLED);
  JobMessage idle = Begun();
  Cancel(kNow, idle);
  EXPECT_EQ(idle.state(), JobMessage::CANCELLED);
  JobMessage done = Begun(0);
  Cancel(kNow, done);
  EXPECT_EQ(done.state(), JobMessage::DONE);
}

TEST(JobTest, TheSameRequestAsksForTheSame) {
  const JobMessage job = Begun();
  StartJobRequest other = Request();
  EXPECT_TRUE(IsSameJob(other, job));
  other.mutable_filter()->set_partner_id("partner-b");
  EXPECT_FALSE(IsSameJob(other, job));
}

}  // namespace
}  // namespace ordermesh::error_store
