#include "services/partners/service/config_manager.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/service/test_managers.h"

namespace ordermesh::partners {
namespace {

using rpc::Identity;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigManagerTest : public ManagerTest {
 protected:
  ConfigManagerTest() { Create("a"); }

  absl::StatusOr<v1::ConfigVersion> Get(int32_t version) {
    v1::GetConfigVersionRequest request;
    request.set_partner_id("a");
    request.set_version(version);
    return configs_.Get(operator_, request);
  }

  absl::StatusOr<v1::DiffConfigVersionsResponse> Diff(int32_t version, int32_t base) {
    v1::DiffConfigVersionsRequest request;
    request.set_partner_id("a");
    request.set_version(version);
    request.set_base_version(base);
    return configs_.Diff(operator_, request);
  }

  absl::StatusOr<v1::ConfigVersion> RollBack(int32_t version) {
    v1::RollBackConfigRequest request;
    request.set_partner_id("a");
    request.set_version(version);
    request.set_message("back");
    return configs_.RollBack(operator_, request);
  }

  int32_t live_version() { return store_.store().Find("a")->partner.config_version(); }
};

TEST_F(ConfigManagerTest, EachVersionIsTheNextAndLive) {
  const v1::ConfigVersion first = MakeConfig("a", "1");
  EXPECT_EQ(first.version(), 1);
  EXPECT_TRUE(first.live());
  EXPECT_EQ(first.author(), "someone");
  EXPECT_EQ(first.message(), "why");
  EXPECT_TRUE(first.has_create_time());
  checker_.Answer(CheckedConfig{});
  EXPECT_EQ(MakeConfig("a", "2").version(), 2);
  const auto partner = partners_.Get(operator_, "a");
  EXPECT_EQ(partner->config_version(), 2);
  EXPECT_FALSE(partner->numbered());
  EXPECT_EQ(partner->rounding(), "");
  EXPECT_FALSE(Get(1)->live());
  EXPECT_EQ(Get(1)->files(0).content(), "1");
  EXPECT_EQ(Get(0)->SerializeAsString(), Get(2)->SerializeAsString());
}

TEST_F(ConfigManagerTest, ACheckIsToldOfTheLiveFiles) {
  MakeConfig("a", "1");
  MakeConfig("a", "2");
  ASSERT_EQ(checker_.calls().size(), 2u);
  EXPECT_EQ(checker_.calls()[1].files[0].content(), "2");
  EXPECT_EQ(checker_.calls()[1].live_files[0].content(), "1");
}

TEST_F(ConfigManagerTest, EqualFilesMakeNoVersion) {
  auto request = Config("a", "1");
  AddFile("b.txt", "b", request.mutable_files());
  ASSERT_TRUE(configs_.Create(operator_, request).ok());
  request.mutable_files()->SwapElements(0, 1);
  request.set_message("again");
  const auto again = configs_.Create(operator_, request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version(), 1);
  EXPECT_EQ(again->message(), "why");
  EXPECT_EQ(again->files_size(), 2);
  EXPECT_EQ(checker_.calls().size(), 1u);
}

TEST_F(ConfigManagerTest, ARefusedConfigIsNotKept) {
  MakeConfig("a", "1");
  google::protobuf::RepeatedPtrField<validation::v1::MappingProblem> problems;
  problems.Add()->set_path("mapping.yaml");
  checker_.Answer(ConfigRefused(problems));
  EXPECT_EQ(configs_.Create(operator_, Config("a", "2")).status(), ConfigRefused(problems));
  checker_.Answer(NoValidation());
  EXPECT_EQ(configs_.Create(operator_, Config("a", "2")).status(), NoValidation());
  EXPECT_EQ(live_version(), 1);
}

TEST_F(ConfigManagerTest, ValidateOnlyChecksAndKeepsNothing) {
  MakeConfig("a", "1");
  auto request = Config("a", "2");
  request.set_validate_only(true);
  const auto checked = configs_.Create(operator_, request);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->version(), 0);
  EXPECT_FALSE(checked->live());
  EXPECT_EQ(live_version(), 1);
  checker_.Answer(ConfigRefused({}));
  EXPECT_FALSE(configs_.Create(operator_, request).ok());
}

TEST_F(ConfigManagerTest, AVersionThatIsBasedOnAnotherThanTheLiveOneIsAborted) {
  MakeConfig("a", "1");
  MakeConfig("a", "2");
  auto request = Config("a", "3");
  request.set_base_version(1);
  EXPECT_EQ(configs_.Create(operator_, request).status(), ConfigChanged(1, 2));
  request.set_base_version(2);
  EXPECT_EQ(configs_.Create(operator_, request)->version(), 3);
}

TEST_F(ConfigManagerTest, AVersionThatBecomesLiveDuringACheckIsCheckedAgainst) {
  MakeConfig("a", "1");
  checker_.WhileChecking([this] {
    checker_.WhileChecking(nullptr);
    MakeConfig("a", "2");
  });
  EXPECT_EQ(MakeConfig("a", "3").version(), 3);
  ASSERT_EQ(checker_.calls().size(), 4u);
  EXPECT_EQ(checker_.calls()[1].live_files[0].content(), "1");
  EXPECT_EQ(checker_.calls()[3].live_files[0].content(), "2");
}

TEST_F(ConfigManagerTest, ABaseThatIsOvertakenDuringTheCheckIsAborted) {
  MakeConfig("a", "1");
  checker_.WhileChecking([this] {
    checker_.WhileChecking(nullptr);
    MakeConfig("a", "2");
  });
  auto request = Config("a", "3");
  request.set_base_version(1);
  EXPECT_EQ(configs_.Create(operator_, request).status(), ConfigChanged(1, 2));
}

TEST_F(ConfigManagerTest, WhoIsAlwaysOvertakenIsAbortedInTheEnd) {
  int others = 0;
  bool inside = false;
  checker_.WhileChecking([&] {
    if (std::exchange(inside, true)) return;
    MakeConfig("a", "other" + std::to_string(++others));
    inside = false;
  });
  EXPECT_EQ(configs_.Create(operator_, Config("a", "mine")).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(others, 3);
}

TEST_F(ConfigManagerTest, RefusesBadRequests) {
  auto request = Config("a", "1");
  request.clear_message();
  const auto message = [&] { return std::string(configs_.Create(operator_, request).status().message()); };
  EXPECT_THAT(message(), HasSubstr("message: is required"));
  request.set_message("why");
  request.set_base_version(-1);
  EXPECT_THAT(message(), HasSubstr("base_version: "));
  request.clear_files();
  EXPECT_THAT(message(), HasSubstr("files: must hold mapping.yaml"));
  EXPECT_EQ(configs_.Create(operator_, Config("unknown", "1")).status(), UnknownPartner());
}

TEST_F(ConfigManagerTest, RollingBackMakesANewVersionWithTheOldFiles) {
  MakeConfig("a", "1");
  MakeConfig("a", "2");
  const auto version = RollBack(1);
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(version->version(), 3);
  EXPECT_EQ(version->restored_version(), 1);
  EXPECT_EQ(version->message(), "back");
  EXPECT_EQ(version->files(0).content(), "1");
  EXPECT_EQ(checker_.calls()[2].live_files[0].content(), "2");
  // It has the files that are live already.
  EXPECT_EQ(RollBack(1)->version(), 3);
}

TEST_F(ConfigManagerTest, RollingBackIsCheckedLikeAnyVersion) {
  MakeConfig("a", "1");
  MakeConfig("a", "2");
  checker_.Answer(ConfigRefused({}));
  EXPECT_EQ(RollBack(1).status(), ConfigRefused({}));
  EXPECT_EQ(RollBack(3).status(), ConfigVersionNotFound());
  EXPECT_EQ(RollBack(0).status(), ConfigVersionNotFound());
  v1::RollBackConfigRequest request;
  request.set_partner_id("a");
  request.set_version(1);
  EXPECT_THAT(std::string(configs_.RollBack(operator_, request).status().message()), HasSubstr("message: "));
  request.set_message("back");
  request.set_partner_id("unknown");
  EXPECT_EQ(configs_.RollBack(operator_, request).status(), UnknownPartner());
}

TEST_F(ConfigManagerTest, ShowsTheDifferenceOfAnyTwoVersions) {
  MakeConfig("a", "one\n");
  MakeConfig("a", "two\n");
  MakeConfig("a", "three\n");
  const auto next = Diff(3, 0);
  ASSERT_TRUE(next.ok()) << next.status();
  ASSERT_EQ(next->files_size(), 1);
  EXPECT_EQ(next->files(0).unified_diff(), "--- a/mapping.yaml\n+++ b/mapping.yaml\n@@ -1 +1 @@\n-two\n+three\n");
  EXPECT_THAT(Diff(1, 3)->files(0).unified_diff(), HasSubstr("-three\n+one\n"));
  EXPECT_THAT(Diff(1, 0)->files(0).unified_diff(), HasSubstr("--- /dev/null\n"));
  EXPECT_EQ(Diff(2, 2)->files_size(), 0);
  EXPECT_EQ(Diff(4, 0).status(), ConfigVersionNotFound());
  EXPECT_EQ(Diff(0, 1).status(), ConfigVersionNotFound());
  EXPECT_EQ(Diff(1, 9).status(), ConfigVersionNotFound());
  EXPECT_EQ(Diff(1, -1).status(), ConfigVersionNotFound());
}

TEST_F(ConfigManagerTest, ListsVersionsNewestFirstInPages) {
  for (const char* mapping : {"1", "2", "3", "4", "5"}) MakeConfig("a", mapping);
  v1::ListConfigVersionsRequest request;
  request.set_partner_id("a");
  request.set_page_size(2);
  std::vector<int> versions;
  do {
    const auto page = configs_.List(operator_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& version : page->versions()) {
      versions.push_back(version.version());
      EXPECT_EQ(version.files_size(), 0);
      EXPECT_EQ(version.live(), version.version() == 5);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(versions, ElementsAre(5, 4, 3, 2, 1));
}

TEST_F(ConfigManagerTest, RefusesBadPagesAndUnknownPartners) {
  v1::ListConfigVersionsRequest request;
  request.set_partner_id("a");
  request.set_page_size(-1);
  EXPECT_THAT(std::string(configs_.List(operator_, request).status().message()), HasSubstr("page_size"));
  request.set_page_size(1);
  request.set_page_token("x");
  EXPECT_THAT(std::string(configs_.List(operator_, request).status().message()), HasSubstr("page_token"));
  request.clear_page_token();
  EXPECT_EQ(configs_.List(operator_, request)->versions_size(), 0);
  request.set_partner_id("unknown");
  EXPECT_EQ(configs_.List(operator_, request).status(), UnknownPartner());
  EXPECT_EQ(Get(0).status(), ConfigVersionNotFound());
  EXPECT_EQ(Get(1).status(), ConfigVersionNotFound());
  v1::GetConfigVersionRequest get;
  EXPECT_EQ(configs_.Get(operator_, get).status(), UnknownPartner());
  v1::DiffConfigVersionsRequest diff;
  EXPECT_EQ(configs_.Diff(operator_, diff).status(), UnknownPartner());
}

TEST_F(ConfigManagerTest, APartnerSeesItsOwnConfigsOnly) {
  MakeConfig("a", "1");
  const Caller own = CallerWith(Identity::PARTNER, "a");
  const Caller other = CallerWith(Identity::PARTNER, "b");
  v1::GetConfigVersionRequest get;
  v1::ListConfigVersionsRequest list;
  v1::DiffConfigVersionsRequest diff;
  v1::RollBackConfigRequest roll_back;
  get.set_partner_id("a");
  list.set_partner_id("a");
  diff.set_partner_id("a");
  diff.set_version(1);
  roll_back.set_partner_id("a");
  EXPECT_TRUE(configs_.Get(own, get).ok());
  EXPECT_TRUE(configs_.List(own, list).ok());
  EXPECT_TRUE(configs_.Diff(own, diff).ok());
  EXPECT_EQ(ReasonOf(configs_.Get(other, get).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ReasonOf(configs_.List(other, list).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ReasonOf(configs_.Diff(other, diff).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ReasonOf(configs_.RollBack(other, roll_back).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ReasonOf(configs_.Create(other, Config("a", "2")).status()), "NOT_YOUR_PARTNER");
}

}  // namespace
}  // namespace ordermesh::partners
