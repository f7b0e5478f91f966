#include "services/partners/service/partner_manager.h"

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
using ::testing::IsEmpty;

class PartnerManagerTest : public ManagerTest {
 protected:
  static v1::CreatePartnerRequest WithConfig(const std::string& id) {
    v1::CreatePartnerRequest request;
    request.mutable_partner()->set_partner_id(id);
    request.set_message("first");
    AddFile("mapping.yaml", "version: 1", request.mutable_files());
    return request;
  }

  static v1::UpdatePartnerRequest Rename(const std::string& id, const std::string& name) {
    v1::UpdatePartnerRequest request;
    request.mutable_partner()->set_partner_id(id);
    request.mutable_partner()->set_name(name);
    return request;
  }

  std::vector<std::string> Listed(const Caller& caller, const v1::ListPartnersRequest& request) {
    const auto page = partners_.List(caller, request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> ids;
    for (const auto& partner : page->partners()) ids.push_back(partner.partner_id());
    return ids;
  }
};

TEST_F(PartnerManagerTest, APartnerWithoutConfigHasVersionZero) {
  const v1::Partner partner = Create("a");
  EXPECT_EQ(partner.config_version(), 0);
  EXPECT_EQ(partner.state(), v1::Partner::ACTIVE);
  EXPECT_EQ(partners_.Get(operator_, "a")->SerializeAsString(), partner.SerializeAsString());
  EXPECT_THAT(checker_.calls(), IsEmpty());
}

TEST_F(PartnerManagerTest, AFirstConfigIsCheckedAndLive) {
  const auto partner = partners_.Create(operator_, WithConfig("a"));
  ASSERT_TRUE(partner.ok()) << partner.status();
  EXPECT_EQ(partner->config_version(), 1);
  EXPECT_TRUE(partner->numbered());
  EXPECT_EQ(partner->rounding(), "DOWN");
  ASSERT_EQ(checker_.calls().size(), 1u);
  EXPECT_EQ(checker_.calls()[0].partner_id, "a");
  EXPECT_THAT(checker_.calls()[0].live_files, IsEmpty());
  const EntryPtr entry = store_.store().Find("a");
  EXPECT_EQ(entry->config->message(), "first");
  EXPECT_EQ(entry->config->author(), "someone");
}

TEST_F(PartnerManagerTest, ARefusedConfigMakesNoPartner) {
  checker_.Answer(ConfigRefused({}));
  EXPECT_EQ(ReasonOf(partners_.Create(operator_, WithConfig("a")).status()), "CONFIG_REFUSED");
  checker_.Answer(NoValidation());
  EXPECT_EQ(partners_.Create(operator_, WithConfig("a")).status(), NoValidation());
  EXPECT_EQ(store_.store().Find("a"), nullptr);
}

TEST_F(PartnerManagerTest, RefusesInTheOrderOfTheChecks) {
  Create("a");
  v1::CreatePartnerRequest request = WithConfig("a");
  request.mutable_partner()->set_name(std::string(200, 'x'));
  request.set_message(std::string(2'000, 'x'));
  request.clear_files();
  AddFile("other.yaml", "", request.mutable_files());
  const auto message = [&] { return std::string(partners_.Create(operator_, request).status().message()); };
  EXPECT_THAT(message(), HasSubstr("partner.name"));
  request.mutable_partner()->clear_name();
  EXPECT_THAT(message(), HasSubstr("message: "));
  request.clear_message();
  EXPECT_THAT(message(), HasSubstr("files: must hold mapping.yaml"));
  request.clear_files();
  EXPECT_EQ(partners_.Create(operator_, request).status(), PartnerExists("a"));
  EXPECT_THAT(checker_.calls(), IsEmpty());
}

TEST_F(PartnerManagerTest, WhoIsCreatedMeanwhileExists) {
  checker_.WhileChecking([this] {
    checker_.WhileChecking(nullptr);
    Create("a");
  });
  EXPECT_EQ(partners_.Create(operator_, WithConfig("a")).status(), PartnerExists("a"));
  EXPECT_EQ(store_.store().Find("a")->partner.config_version(), 0);
}

TEST_F(PartnerManagerTest, ValidateOnlyChecksEverythingAndKeepsNothing) {
  v1::CreatePartnerRequest request = WithConfig("a");
  request.set_validate_only(true);
  const auto partner = partners_.Create(operator_, request);
  ASSERT_TRUE(partner.ok()) << partner.status();
  EXPECT_EQ(partner->config_version(), 0);
  EXPECT_TRUE(partner->numbered());
  EXPECT_EQ(partner->etag(), "");
  checker_.Answer(ConfigRefused({}));
  EXPECT_FALSE(partners_.Create(operator_, request).ok());
  EXPECT_EQ(store_.store().Find("a"), nullptr);
}

TEST_F(PartnerManagerTest, AnUpdateChangesTheEtagUnlessNothingChanges) {
  const v1::Partner created = Create("a");
  const auto renamed = partners_.Update(operator_, Rename("a", "New"));
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_EQ(renamed->name(), "New");
  EXPECT_NE(renamed->etag(), created.etag());
  EXPECT_EQ(partners_.Update(operator_, Rename("a", "New"))->etag(), renamed->etag());
}

TEST_F(PartnerManagerTest, AnUpdateThatOnlyValidatesKeepsNothing) {
  Create("a");
  v1::UpdatePartnerRequest request = Rename("a", "New");
  request.set_validate_only(true);
  EXPECT_EQ(partners_.Update(operator_, request)->name(), "New");
  EXPECT_EQ(partners_.Get(operator_, "a")->name(), "");
  request.mutable_partner()->set_name(std::string(200, 'x'));
  EXPECT_FALSE(partners_.Update(operator_, request).ok());
}

TEST_F(PartnerManagerTest, OfTwoUpdatesBasedOnOneEtagTheSecondIsAborted) {
  const v1::Partner created = Create("a");
  v1::UpdatePartnerRequest first = Rename("a", "1"), second = Rename("a", "2");
  first.mutable_partner()->set_etag(created.etag());
  second.mutable_partner()->set_etag(created.etag());
  EXPECT_TRUE(partners_.Update(operator_, first).ok());
  EXPECT_EQ(partners_.Update(operator_, second).status(), EtagMismatch());
}

TEST_F(PartnerManagerTest, SuspendingAndActivatingAreHarmlessWhenRepeated) {
  Create("a");
  const auto suspended = partners_.SetState(operator_, "a", v1::Partner::SUSPENDED);
  ASSERT_TRUE(suspended.ok());
  EXPECT_EQ(suspended->state(), v1::Partner::SUSPENDED);
  EXPECT_EQ(partners_.SetState(operator_, "a", v1::Partner::SUSPENDED)->etag(), suspended->etag());
  EXPECT_EQ(partners_.SetState(operator_, "a", v1::Partner::ACTIVE)->state(), v1::Partner::ACTIVE);
}

TEST_F(PartnerManagerTest, AnUnknownPartnerIsNotFound) {
  for (const char* id : {"", "b", "NO/ID"}) {
    EXPECT_EQ(partners_.Get(operator_, id).status(), UnknownPartner()) << id;
    EXPECT_EQ(partners_.Update(operator_, Rename(id, "x")).status(), UnknownPartner()) << id;
    EXPECT_EQ(partners_.SetState(operator_, id, v1::Partner::ACTIVE).status(), UnknownPartner()) << id;
  }
}

TEST_F(PartnerManagerTest, ListsInPages) {
  for (const char* id : {"e", "c", "a", "d", "b"}) Create(id);
  v1::ListPartnersRequest request;
  request.set_page_size(2);
  std::vector<std::string> all;
  int pages = 0;
  do {
    const auto page = partners_.List(operator_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->partners_size(), 2);
    for (const auto& partner : page->partners()) all.push_back(partner.partner_id());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(all, ElementsAre("a", "b", "c", "d", "e"));
  request.set_page_size(5);
  EXPECT_EQ(partners_.List(operator_, request)->next_page_token(), "");
}

TEST_F(PartnerManagerTest, APageEndsByItsBytesToo) {
  for (int n = 0; n < 80; ++n) {
    v1::CreatePartnerRequest request;
    request.mutable_partner()->set_partner_id("p" + std::to_string(100 + n));
    for (int i = 0; i < 10; ++i) {
      request.mutable_partner()->add_webhook_urls("https://p.example/" + std::to_string(i) + std::string(2'000, 'x'));
    }
    ASSERT_TRUE(partners_.Create(operator_, request).ok());
  }
  v1::ListPartnersRequest request;
  request.set_page_size(1'000);
  const auto first = partners_.List(operator_, request);
  ASSERT_TRUE(first.ok());
  EXPECT_LT(first->ByteSizeLong(), 2u << 20);
  request.set_page_token(first->next_page_token());
  EXPECT_EQ(first->partners_size() + partners_.List(operator_, request)->partners_size(), 80);
}

TEST_F(PartnerManagerTest, RefusesBadPages) {
  v1::ListPartnersRequest request;
  request.set_page_size(-1);
  EXPECT_THAT(std::string(partners_.List(operator_, request).status().message()), HasSubstr("page_size"));
  request.set_page_size(0);
  for (const char* token : {"!", "AA", "AQ", "AUE", "AWEvYg"}) {
    request.set_page_token(token);
    EXPECT_THAT(std::string(partners_.List(operator_, request).status().message()), HasSubstr("page_token")) << token;
  }
}

TEST_F(PartnerManagerTest, APartnerSeesItselfOnly) {
  for (const char* id : {"a", "b", "c"}) Create(id);
  const Caller own = CallerWith(Identity::PARTNER, "b");
  EXPECT_TRUE(partners_.Get(own, "b").ok());
  for (const char* other : {"a", "unknown", "NO/ID"}) {
    EXPECT_EQ(ReasonOf(partners_.Get(own, other).status()), "NOT_YOUR_PARTNER") << other;
    EXPECT_EQ(ReasonOf(partners_.Update(own, Rename(other, "x")).status()), "NOT_YOUR_PARTNER") << other;
    EXPECT_EQ(ReasonOf(partners_.SetState(own, other, v1::Partner::SUSPENDED).status()), "NOT_YOUR_PARTNER") << other;
    EXPECT_EQ(ReasonOf(partners_.Create(own, WithConfig(other)).status()), "NOT_YOUR_PARTNER") << other;
  }
  EXPECT_THAT(Listed(own, {}), ElementsAre("b"));
  v1::ListPartnersRequest after;
  after.set_page_token(partners_
                           .List(operator_,
                                 [] {
                                   v1::ListPartnersRequest request;
                                   request.set_page_size(2);
                                   return request;
                                 }())
                           ->next_page_token());
  EXPECT_THAT(Listed(own, after), IsEmpty());
  EXPECT_THAT(Listed(CallerWith(Identity::VIEWER), {}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Listed({}, {}), ElementsAre("a", "b", "c"));
  EXPECT_EQ(ReasonOf(partners_.List(CallerWith(Identity::ROLE_UNSPECIFIED), {}).status()), "NOT_YOUR_PARTNER");
}

TEST(CallerTest, TheMeshIsTheAuthorOfWhatItDoesItself) {
  EXPECT_EQ(Caller().Author(), "mesh");
  EXPECT_EQ(CallerWith(Identity::ADMIN).Author(), "someone");
  Caller nameless = CallerWith(Identity::ADMIN);
  nameless.identity->clear_subject();
  EXPECT_EQ(nameless.Author(), "mesh");
}

}  // namespace
}  // namespace ordermesh::partners
