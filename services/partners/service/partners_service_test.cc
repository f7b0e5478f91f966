#include "services/partners/service/partners_service.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"
#include "services/partners/service/test_services.h"

namespace ordermesh::partners {
namespace {

using PartnersServiceTest = ServiceFixture;

TEST_F(PartnersServiceTest, EveryManagingMethodDoesItsWork) {
  CreatePartner("a");
  v1::ConfigVersion version;
  ASSERT_TRUE(MakeConfig("a", "one\n", &version).ok());
  ASSERT_TRUE(MakeConfig("a", "two\n", &version).ok());
  EXPECT_EQ(version.version(), 2);
  v1::Partner partner;
  v1::GetPartnerRequest get;
  get.set_partner_id("a");
  ASSERT_TRUE(Call(&Managing::GetPartner, get, &partner).ok());
  EXPECT_EQ(partner.config_version(), 2);
  EXPECT_FALSE(partner.numbered());
  EXPECT_EQ(partner.rounding(), "HALF_UP");
  v1::UpdatePartnerRequest update;
  *update.mutable_partner() = partner;
  update.mutable_partner()->set_name("A");
  update.mutable_update_mask()->add_paths("name");
  ASSERT_TRUE(Call(&Managing::UpdatePartner, update, &partner).ok());
  EXPECT_EQ(Call(&Managing::UpdatePartner, update, &partner), EtagMismatch());
  v1::SuspendPartnerRequest suspend;
  suspend.set_partner_id("a");
  ASSERT_TRUE(Call(&Managing::SuspendPartner, suspend, &partner).ok());
  EXPECT_EQ(partner.state(), v1::Partner::SUSPENDED);
  v1::ActivatePartnerRequest activate;
  activate.set_partner_id("a");
  ASSERT_TRUE(Call(&Managing::ActivatePartner, activate, &partner).ok());
  EXPECT_EQ(partner.state(), v1::Partner::ACTIVE);
  v1::ListPartnersResponse listed;
  ASSERT_TRUE(Call(&Managing::ListPartners, v1::ListPartnersRequest(), &listed).ok());
  EXPECT_EQ(listed.partners_size(), 1);
  EXPECT_EQ(listed.partners(0).name(), "A");
}

TEST_F(PartnersServiceTest, EveryConfigMethodDoesItsWork) {
  CreatePartner("a");
  v1::ConfigVersion version;
  ASSERT_TRUE(MakeConfig("a", "one\n", &version).ok());
  ASSERT_TRUE(MakeConfig("a", "two\n", &version).ok());
  EXPECT_EQ(version.author(), "mesh");
  v1::DiffConfigVersionsRequest diff;
  diff.set_partner_id("a");
  diff.set_version(2);
  v1::DiffConfigVersionsResponse difference;
  ASSERT_TRUE(Call(&Managing::DiffConfigVersions, diff, &difference).ok());
  EXPECT_EQ(difference.files_size(), 1);
  v1::RollBackConfigRequest roll_back;
  roll_back.set_partner_id("a");
  roll_back.set_version(1);
  roll_back.set_message("back");
  ASSERT_TRUE(Call(&Managing::RollBackConfig, roll_back, &version).ok());
  EXPECT_EQ(version.restored_version(), 1);
  v1::GetConfigVersionRequest get;
  get.set_partner_id("a");
  ASSERT_TRUE(Call(&Managing::GetConfigVersion, get, &version).ok());
  EXPECT_EQ(version.files(0).content(), "one\n");
  v1::ListConfigVersionsRequest list;
  list.set_partner_id("a");
  v1::ListConfigVersionsResponse listed;
  ASSERT_TRUE(Call(&Managing::ListConfigVersions, list, &listed).ok());
  EXPECT_EQ(listed.versions_size(), 3);
}

TEST_F(PartnersServiceTest, ARefusedConfigNamesItsFaults) {
  CreatePartner("a");
  v1::ConfigVersion version;
  const absl::Status status = MakeConfig("a", "bad", &version);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(std::string(*status.GetPayload("type.googleapis.com/google.rpc.BadRequest"))));
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "mapping.yaml:12:3");
  EXPECT_EQ(bad.field_violations(0).description(), "no such key");
  EXPECT_EQ(MakeConfig("a", "invalid", &version), InvalidField("files", "no"));
}

TEST_F(PartnersServiceTest, WithoutAnswerFromValidationAConfigIsUnavailable) {
  CreatePartner("a");
  v1::ConfigVersion version;
  EXPECT_EQ(MakeConfig("a", "crash", &version), NoValidation());
  validation_.Stop();
  EXPECT_EQ(MakeConfig("a", "one", &version), NoValidation());
}

TEST_F(PartnersServiceTest, AnotherValidationIsAskedWhereOneIsAway) {
  FakeValidation away;
  away.Stop();
  ValidationChecker checker({away.address(), validation_.address()}, {});
  ConfigFiles files;
  AddFile("mapping.yaml", "one", &files);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(checker.Check("a", files, {}).ok());
}

TEST_F(PartnersServiceTest, TheIdentityIsTheAuthorAndDecidesWhatIsSeen) {
  CreatePartner("a");
  rpc::Identity identity;
  identity.set_role(rpc::Identity::OPERATOR);
  identity.set_subject("olga");
  v1::CreateApiKeyRequest create;
  create.set_partner_id("a");
  v1::CreateApiKeyResponse made;
  ASSERT_TRUE(Call(&Managing::CreateApiKey, create, &made, &identity).ok());
  EXPECT_EQ(made.api_key().author(), "olga");
  identity.set_role(rpc::Identity::PARTNER);
  identity.set_partner_id("b");
  v1::GetPartnerRequest get;
  get.set_partner_id("a");
  v1::Partner partner;
  EXPECT_EQ(ReasonOf(Call(&Managing::GetPartner, get, &partner, &identity)), "NOT_YOUR_PARTNER");
}

TEST_F(PartnersServiceTest, KeysAreListedAndRevoked) {
  CreatePartner("a");
  const auto made = MakeKey("a");
  EXPECT_TRUE(IsApiKey(made.key()));
  v1::ReportKeyUseRequest report;
  auto* use = report.add_uses();
  use->set_partner_id("a");
  use->set_key_id(made.api_key().key_id());
  *use->mutable_last_used_time() = ToTimestamp(store_.now());
  v1::ReportKeyUseResponse nothing;
  ASSERT_TRUE(Call(&Syncing::ReportKeyUse, report, &nothing).ok());
  v1::ListApiKeysRequest list;
  list.set_partner_id("a");
  v1::ListApiKeysResponse listed;
  ASSERT_TRUE(Call(&Managing::ListApiKeys, list, &listed).ok());
  ASSERT_EQ(listed.keys_size(), 1);
  EXPECT_TRUE(listed.keys(0).has_last_used_time());
  v1::RevokeApiKeyRequest revoke;
  revoke.set_partner_id("a");
  revoke.set_key_id(made.api_key().key_id());
  v1::ApiKey revoked;
  ASSERT_TRUE(Call(&Managing::RevokeApiKey, revoke, &revoked).ok());
  EXPECT_TRUE(revoked.has_revoke_time());
  for (int i = 0; i < kMaxKeyUses; ++i) report.add_uses();
  EXPECT_EQ(Call(&Syncing::ReportKeyUse, report, &nothing).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ordermesh::partners
