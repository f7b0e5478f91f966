#include "services/partners/domain/settings.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Partner Asked() {
  v1::Partner partner;
  partner.set_partner_id("partner-a");
  partner.set_name("Partner A");
  return partner;
}

v1::Partner Stored() {
  v1::Partner partner = *NewPartner(Asked());
  partner.add_webhook_urls("https://old.example/");
  partner.set_etag("tag-1");
  partner.set_config_version(3);
  return partner;
}

TEST(SettingsTest, PartnerIdsAreLowerCaseLettersDigitsAndDashes) {
  for (const std::string& id : {std::string("a"), std::string("partner-a"), std::string("42"), std::string(64, 'x')}) {
    EXPECT_TRUE(IsPartnerId(id)) << id;
  }
  for (const std::string& id : {std::string(), std::string("A"), std::string("a_b"), std::string("a/b"),
                                std::string("a.b"), std::string("\xc3\xa4"), std::string(65, 'x')}) {
    EXPECT_FALSE(IsPartnerId(id)) << id;
  }
}

TEST(SettingsTest, ANewPartnerIsActiveAndHasTheDefaultLimits) {
  const auto partner = NewPartner(Asked());
  ASSERT_TRUE(partner.ok()) << partner.status();
  EXPECT_EQ(partner->state(), v1::Partner::ACTIVE);
  EXPECT_EQ(partner->name(), "Partner A");
  EXPECT_EQ(partner->order_limit().amount(), 10'000);
  EXPECT_EQ(partner->order_limit().burst(), 5'000);
  EXPECT_EQ(partner->query_limit().amount(), 1'000);
  EXPECT_EQ(partner->query_limit().burst(), 1'000);
}

TEST(SettingsTest, OutputOnlyFieldsOfANewPartnerAreIgnored) {
  v1::Partner asked = Asked();
  asked.set_state(v1::Partner::SUSPENDED);
  asked.set_numbered(true);
  asked.set_rounding("HALF_UP");
  asked.set_config_version(7);
  asked.set_etag("x");
  asked.mutable_create_time()->set_seconds(1);
  EXPECT_EQ(NewPartner(asked)->SerializeAsString(), NewPartner(Asked())->SerializeAsString());
}

struct RefusedCase {
  void (*change)(v1::Partner&);
  const char* message;
};

const RefusedCase kRefused[] = {
    {[](v1::Partner& p) { p.set_name(std::string(129, 'x')); }, "partner.name: must be at most 128 bytes"},
    {[](v1::Partner& p) { p.set_name("a\x01"); }, "partner.name: must have no control characters"},
    {[](v1::Partner& p) { p.set_name("a\n"); }, "partner.name: must have no control characters"},
    {[](v1::Partner& p) { p.mutable_order_limit()->set_burst(1); }, "partner.order_limit.amount: must be 1 to"},
    {[](v1::Partner& p) { p.mutable_order_limit()->set_amount(-1); }, "partner.order_limit.amount"},
    {[](v1::Partner& p) { p.mutable_order_limit()->set_amount(kMaxRate + 1); }, "partner.order_limit.amount"},
    {[](v1::Partner& p) {
       p.mutable_query_limit()->set_amount(1);
       p.mutable_query_limit()->set_burst(-1);
     },
     "partner.query_limit.burst: must be"},
    {[](v1::Partner& p) {
       p.mutable_query_limit()->set_amount(1);
       p.mutable_query_limit()->set_burst(kMaxRate + 1);
     },
     "partner.query_limit.burst"},
    {[](v1::Partner& p) {
       p.mutable_query_limit()->set_amount(1);
       p.mutable_query_limit()->mutable_period();
     },
     "partner.query_limit.period: must be 1 ms to 1 day"},
    {[](v1::Partner& p) {
       p.mutable_query_limit()->set_amount(1);
       p.mutable_query_limit()->mutable_period()->set_nanos(999'999);
     },
     "partner.query_limit.period"},
    {[](v1::Partner& p) {
       p.mutable_query_limit()->set_amount(1);
       p.mutable_query_limit()->mutable_period()->set_seconds(86'401);
     },
     "partner.query_limit.period"},
    {[](v1::Partner& p) {
       p.mutable_query_limit()->set_amount(1);
       p.mutable_query_limit()->mutable_period()->set_seconds(10);
       p.mutable_query_limit()->mutable_period()->set_nanos(-1);
     },
     "partner.query_limit.period"},
    {[](v1::Partner& p) { p.add_webhook_urls("http://a.example/"); }, "partner.webhook_urls[0]: must start with"},
    {[](v1::Partner& p) {
       p.clear_webhook_urls();
       for (int i = 0; i < 2; ++i) p.add_webhook_urls("https://a.example/");
     },
     "partner.webhook_urls[1]: is listed twice"},
    {[](v1::Partner& p) {
       for (int i = 0; i < 11; ++i) p.add_webhook_urls("https://a.example/" + std::to_string(i));
     },
     "partner.webhook_urls: must be at most 10"},
    {[](v1::Partner& p) { p.set_error_ttl_days(-1); }, "partner.error_ttl_days: must be"},
    {[](v1::Partner& p) { p.set_error_ttl_days(3'651); }, "partner.error_ttl_days"},
};

TEST(SettingsTest, RefusesEachBadValueOfANewPartner) {
  for (const RefusedCase& c : kRefused) {
    v1::Partner asked = Asked();
    c.change(asked);
    EXPECT_THAT(std::string(NewPartner(asked).status().message()), HasSubstr(c.message));
  }
  v1::Partner nameless;
  EXPECT_THAT(std::string(NewPartner(nameless).status().message()), HasSubstr("partner.partner_id: must be 1 to 64"));
}

TEST(SettingsTest, RefusesEachBadValueOfAnUpdate) {
  for (const RefusedCase& c : kRefused) {
    v1::UpdatePartnerRequest request;
    c.change(*request.mutable_partner());
    EXPECT_THAT(std::string(UpdatedPartner(Stored(), request).status().message()), HasSubstr(c.message));
  }
}

TEST(SettingsTest, AcceptsTheEdgesOfEachRule) {
  v1::Partner asked = Asked();
  asked.set_name(std::string(128, 'x'));
  asked.mutable_order_limit()->set_amount(kMaxRate);
  asked.mutable_order_limit()->set_burst(kMaxRate);
  asked.mutable_order_limit()->mutable_period()->set_seconds(86'400);
  asked.mutable_query_limit()->set_amount(1);
  asked.mutable_query_limit()->mutable_period()->set_nanos(1'000'000);
  asked.set_error_ttl_days(3'650);
  for (int i = 0; i < 10; ++i) asked.add_webhook_urls("https://a.example/" + std::to_string(i));
  EXPECT_TRUE(NewPartner(asked).ok()) << NewPartner(asked).status();
}

v1::UpdatePartnerRequest Update(std::initializer_list<const char*> paths) {
  v1::UpdatePartnerRequest request;
  for (const char* path : paths) request.mutable_update_mask()->add_paths(path);
  return request;
}

TEST(SettingsTest, ChangesOnlyWhatTheMaskNames) {
  auto request = Update({"name", "webhook_urls", "partner_id", "etag"});
  request.mutable_partner()->set_name("New");
  request.mutable_partner()->add_webhook_urls("https://new.example/");
  request.mutable_partner()->set_error_ttl_days(5);
  request.mutable_partner()->set_etag("tag-1");
  const auto updated = UpdatedPartner(Stored(), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->name(), "New");
  EXPECT_THAT(updated->webhook_urls(), ElementsAre("https://new.example/"));
  EXPECT_EQ(updated->error_ttl_days(), 0);
  EXPECT_EQ(updated->config_version(), 3);
  EXPECT_EQ(updated->partner_id(), "partner-a");
}

TEST(SettingsTest, AMaskedFieldWithoutValueGoesBackToItsDefault) {
  v1::Partner stored = Stored();
  stored.mutable_order_limit()->set_amount(7);
  const auto updated = UpdatedPartner(stored, Update({"name", "order_limit", "webhook_urls"}));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->name(), "");
  EXPECT_EQ(updated->order_limit().amount(), 10'000);
  EXPECT_EQ(updated->webhook_urls_size(), 0);
}

TEST(SettingsTest, AMaskMayNameAPartOfALimit) {
  auto request = Update({"order_limit.amount", "query_limit.period"});
  request.mutable_partner()->mutable_order_limit()->set_amount(5);
  request.mutable_partner()->mutable_query_limit()->mutable_period()->set_seconds(60);
  const auto updated = UpdatedPartner(Stored(), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->order_limit().amount(), 5);
  EXPECT_EQ(updated->order_limit().burst(), 5'000);
  EXPECT_EQ(updated->query_limit().amount(), 1'000);
  EXPECT_EQ(updated->query_limit().period().seconds(), 60);
}

TEST(SettingsTest, AMaskMayBeWrittenAsInJson) {
  auto request = Update({"name", "queryLimit.amount", "errorTtlDays"});
  request.mutable_partner()->set_name("New");
  request.mutable_partner()->mutable_query_limit()->set_amount(5);
  request.mutable_partner()->set_error_ttl_days(7);
  const auto updated = UpdatedPartner(Stored(), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->name(), "New");
  EXPECT_EQ(updated->query_limit().amount(), 5);
  EXPECT_EQ(updated->error_ttl_days(), 7);
}

TEST(SettingsTest, AnEmptyMaskMeansTheFieldsThatHaveAValue) {
  v1::UpdatePartnerRequest request;
  request.mutable_partner()->set_error_ttl_days(5);
  request.mutable_partner()->mutable_query_limit()->set_amount(9);
  const auto updated = UpdatedPartner(Stored(), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->error_ttl_days(), 5);
  EXPECT_EQ(updated->query_limit().amount(), 9);
  EXPECT_EQ(updated->query_limit().burst(), 0);
  EXPECT_EQ(updated->name(), "Partner A");
}

TEST(SettingsTest, RefusesAMaskWithAnythingElse) {
  for (const char* path : {"state", "config_version", "numbered", "create_time", "nothing", "*", "order_limit.nothing",
                           "name.first", ""}) {
    const absl::Status status = UpdatedPartner(Stored(), Update({"name", path})).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("update_mask: ")) << path;
  }
}

TEST(SettingsTest, AnUpdateThatIsBasedOnAnotherEtagIsAborted) {
  v1::UpdatePartnerRequest request;
  request.mutable_partner()->set_etag("tag-0");
  EXPECT_EQ(UpdatedPartner(Stored(), request).status(), EtagMismatch());
}

}  // namespace
}  // namespace ordermesh::partners
