// Repairs and proposals by the command line: what is sent, what is said, and what is refused before anything is sent.
#include <string>

#include "google/rpc/error_details.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tools/ordermesh/testing/program_fixture.h"

namespace ordermesh::cli {
namespace {

using common::v1::Violation;
using error::v1::RepairJob;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class RepairTest : public ProgramFixture {
 protected:
  RepairTest() {
    repairs_.preview.set_matched(3);
    auto* outcome = repairs_.preview.add_outcomes();
    outcome->set_passes(true);
    outcome->set_count(3);
    repairs_.job.set_id("job-1");
    repairs_.job.set_state(RepairJob::DONE);
    repairs_.job.set_matched(3);
    repairs_.job.set_changed(3);
    repairs_.job.set_resolved(3);
    auto& error = errors_.errors.emplace_back();
    error.set_id("error-1");
    error.set_partner_id("shop");
    error.add_violations()->set_code(Violation::REQUIRED);
    error.mutable_violations(0)->set_field("customerId");
  }
};

TEST_F(RepairTest, WithoutYesItOnlySaysWhatWouldBe) {
  EXPECT_EQ(Run({"errors", "repair", "-p", "shop", "--set", "a=1", "--remove", "b"}), kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pass"));
  EXPECT_THAT(err_.str(), HasSubstr("nothing was changed: add --yes to do it to 3 errors"));
  EXPECT_THAT(repairs_.starts, IsEmpty());
  const auto& patch = repairs_.last_preview.action().fix().patch();
  ASSERT_EQ(patch.operations_size(), 2);
  EXPECT_EQ(patch.operations(0).set().value(), "1");
  EXPECT_EQ(patch.operations(1).remove().path(), "b");
}

TEST_F(RepairTest, WithYesItStartsTheJobAndWaits) {
  EXPECT_EQ(Run({"errors", "repair", "-p", "shop", "--retry", "--yes", "--rate", "7"}), kDone) << err_.str();
  ASSERT_THAT(repairs_.starts, SizeIs(1));
  EXPECT_EQ(repairs_.starts[0].rate(), 7);
  EXPECT_EQ(repairs_.starts[0].filter().partner_id(), "shop");
  EXPECT_TRUE(repairs_.starts[0].action().has_retry());
  EXPECT_THAT(out_.str(), HasSubstr("DONE"));
  repairs_.job.set_refused(1);
  EXPECT_EQ(Run({"errors", "repair", "--retry", "--yes"}), kAnswerIsNo);
  EXPECT_EQ(Run({"errors", "repair", "--retry", "--yes", "--no-wait"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("RUNNING"));
}

TEST_F(RepairTest, ALostAnswerIsAskedForAgainUnderTheSameRequestId) {
  repairs_.lost_answers = 2;
  EXPECT_EQ(Run({"errors", "repair", "--discard", "tests", "--yes"}), kDone) << err_.str();
  ASSERT_THAT(repairs_.starts, SizeIs(3));
  EXPECT_THAT(repairs_.starts[0].request_id(), Not(IsEmpty()));
  EXPECT_EQ(repairs_.starts[0].request_id(), repairs_.starts[2].request_id());
  // Another run is another job, unless it says otherwise.
  Run({"errors", "repair", "--discard", "tests", "--yes"});
  EXPECT_NE(repairs_.starts[3].request_id(), repairs_.starts[0].request_id());
  Run({"errors", "repair", "--discard", "tests", "--yes", "--request-id", "mine"});
  EXPECT_EQ(repairs_.starts[4].request_id(), "mine");
}

TEST_F(RepairTest, WhatTheMeshRefusesIsSaid) {
  repairs_.refuse = rpc::ToGrpc(
      Refusal(absl::StatusCode::kFailedPrecondition, "COUNT_DIFFERS", "the filter matches 4 errors, not 3"));
  EXPECT_EQ(Run({"errors", "repair", "--retry", "--yes"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the filter matches 4 errors, not 3"));
  repairs_.refuse = rpc::ToGrpc(Refusal(absl::StatusCode::kFailedPrecondition, "NOT_EXPRESSIBLE", "a rule reads it"));
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--set", "a=1"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("a rule reads it"));
}

TEST_F(RepairTest, WhatIsNoRepairIsNotSent) {
  const std::string no_patch = Write("bad.json", "{");
  EXPECT_EQ(Run({"errors", "repair", "--yes"}), kUsage);
  EXPECT_EQ(Run({"errors", "repair", "--retry", "--assign", "anna", "--yes"}), kUsage);
  EXPECT_EQ(Run({"errors", "repair", "--code", "NONE", "--retry", "--yes"}), kUsage);
  EXPECT_NE(Run({"errors", "repair", "--set", "a", "--yes"}), kDone);
  EXPECT_THAT(err_.str(), HasSubstr("PATH=JSON"));
  EXPECT_NE(Run({"errors", "repair", "--patch", no_patch, "--yes"}), kDone);
  EXPECT_THAT(err_.str(), HasSubstr("is no patch"));
  EXPECT_THAT(repairs_.starts, IsEmpty());
}

TEST_F(RepairTest, JobsAreLookedAtAndCancelled) {
  EXPECT_EQ(RunJson({"errors", "jobs", "get", "job-1"})["state"], "DONE");
  EXPECT_EQ(Run({"errors", "jobs", "get", "job-2"}), kNotFound);
  EXPECT_EQ(RunJson({"errors", "jobs", "cancel", "job-1"})["state"], "CANCELLED");
  EXPECT_EQ(Run({"errors", "jobs", "wait", "job-1"}), kAnswerIsNo);
}

class ProposeTest : public RepairTest {
 protected:
  ProposeTest() {
    auto& live = partners_.versions.emplace_back();
    live.set_version(1);
    live.set_live(true);
    AddFile(live, "examples/a.yaml", "kept");
    AddFile(live, "mapping.yaml", "old");
    auto& proposal = repairs_.proposal;
    proposal.set_partner_id("shop");
    proposal.set_base_version(1);
    proposal.add_effects("customerId is 9 from now on.");
    proposal.mutable_trials()->set_matched(2'000);
    proposal.mutable_trials()->set_tried(1'000);
    proposal.mutable_trials()->set_passes(990);
    AddDrafted("mapping.yaml", "new", "-old\n+new\n");
    AddDrafted("examples/b.json", "{}", "+{}\n");
  }
  static void AddFile(partners::v1::ConfigVersion& version, const std::string& path, const std::string& content) {
    auto* file = version.add_files();
    file->set_path(path);
    file->set_content(content);
  }
  void AddDrafted(const std::string& path, const std::string& content, const std::string& diff) {
    auto* file = repairs_.proposal.add_files();
    file->set_path(path);
    file->set_content(content);
    file->set_unified_diff(diff);
  }
};

TEST_F(ProposeTest, ShowsTheDiffAndWhatItWouldHaveMade) {
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--code", "REQUIRED", "--set", "id=9"}), kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("-old\n+new\n"));
  EXPECT_THAT(out_.str(), HasSubstr("customerId is 9 from now on."));
  EXPECT_THAT(out_.str(), HasSubstr("Of 2,000 errors 1,000 were tried as they came: 990 would be orders"));
  EXPECT_THAT(err_.str(), HasSubstr("nothing was changed"));
  EXPECT_EQ(repairs_.last_proposal.filter().code(), Violation::REQUIRED);
  EXPECT_EQ(repairs_.last_proposal.patch().operations(0).set().path(), "id");
  EXPECT_THAT(partners_.versions, SizeIs(1));
  EXPECT_EQ(RunJson({"errors", "propose", "-p", "shop", "--set", "id=9"})["baseVersion"], 1);
}

TEST_F(ProposeTest, TakesTheEditsOfAnErrorAndErrorsLikeIt) {
  EXPECT_EQ(Run({"errors", "propose", "--error", "error-1"}), kDone) << err_.str();
  EXPECT_FALSE(repairs_.last_proposal.has_patch());
  EXPECT_EQ(repairs_.last_proposal.error_id(), "error-1");
  EXPECT_EQ(repairs_.last_proposal.filter().partner_id(), "shop");
  EXPECT_EQ(repairs_.last_proposal.filter().code(), Violation::REQUIRED);
  EXPECT_EQ(repairs_.last_proposal.filter().field(), "customerId");
  EXPECT_EQ(Run({"errors", "propose", "--error", "nobody"}), kNotFound);
  EXPECT_NE(Run({"errors", "propose", "-p", "shop"}), kDone);
  EXPECT_THAT(err_.str(), HasSubstr("--patch"));
}

TEST_F(ProposeTest, WritesTheWholeFolder) {
  const std::string folder = (folder_ / "draft").string();
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--set", "id=9", "--out", folder}), kDone) << err_.str();
  EXPECT_EQ(Read(folder_ / "draft" / "mapping.yaml"), "new");
  EXPECT_EQ(Read(folder_ / "draft" / "examples" / "a.yaml"), "kept");
  EXPECT_EQ(Read(folder_ / "draft" / "examples" / "b.json"), "{}");
  EXPECT_THAT(partners_.versions, SizeIs(1));
}

TEST_F(ProposeTest, PublishesInThePlaceOfTheVersionThatItWasMadeFrom) {
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--set", "id=9", "--publish"}), kUsage);
  EXPECT_THAT(partners_.versions, SizeIs(1));
  const json made = RunJson({"errors", "propose", "-p", "shop", "--set", "id=9", "--publish", "-m", "why"});
  EXPECT_EQ(made["version"], 2);
  ASSERT_THAT(partners_.versions, SizeIs(2));
  EXPECT_EQ(partners_.versions[1].message(), "why");
  EXPECT_EQ(partners_.versions[1].files_size(), 3);
  EXPECT_EQ(partners_.last_base_version, 1);
}

TEST_F(ProposeTest, AVersionThatIsNoLongerLiveIsRefusedLoudly) {
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--set", "id=9", "--base-version", "3", "--publish", "-m", "why"}),
            kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the live version is 1 by now, not 3"));
  partners_.refuse = {grpc::StatusCode::ABORTED, "the live version is 2"};
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--set", "id=9", "--publish", "-m", "why"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the live version is 2"));
  EXPECT_THAT(partners_.versions, SizeIs(1));
}

TEST_F(ProposeTest, ADraftWithProblemsIsNotPublished) {
  auto* problem = repairs_.proposal.add_problems();
  problem->set_path("examples/a.yaml");
  problem->set_line(3);
  problem->set_message("the verdict differs");
  EXPECT_EQ(Run({"errors", "propose", "-p", "shop", "--set", "id=9", "--publish", "-m", "why"}), kAnswerIsNo);
  EXPECT_THAT(out_.str(), HasSubstr("examples/a.yaml:3:0: the verdict differs"));
  EXPECT_THAT(partners_.versions, SizeIs(1));
}

}  // namespace
}  // namespace ordermesh::cli
