#include "services/partners/service/sync_service.h"
#include "services/common/base/ticker.h"

#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/tls.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/limits.h"
#include "services/partners/service/test_services.h"

namespace ordermesh::partners {
namespace {

using ::testing::IsEmpty;

using SyncServiceTest = ServiceFixture;

// Makes certificates for services.
class TestAuthority {
 public:
  TestAuthority() { Run("openssl req -x509 " + new_key_ + " -days 2 -subj /CN=ca -keyout ca.key -out ca.pem"); }

  rpc::TlsConfig Certify(const std::string& service) const {
    Run("printf 'subjectAltName=URI:spiffe://ordermesh.local/" + service + "' > ext && openssl req " + new_key_ +
        " -subj /CN=x -keyout " + service + ".key -out csr && openssl x509 -req -in csr -CA ca.pem -CAkey ca.key" +
        " -CAcreateserial -days 1 -extfile ext -out " + service + ".pem");
    rpc::TlsConfig config;
    config.cert = directory_.path() + "/" + service + ".pem";
    config.key = directory_.path() + "/" + service + ".key";
    config.ca = directory_.path() + "/ca.pem";
    return config;
  }

 private:
  void Run(const std::string& command) const {
    EXPECT_EQ(std::system(("cd " + directory_.path() + " && (" + command + ") 2>/dev/null").c_str()), 0) << command;
  }

  const std::string new_key_ = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
  TestDirectory directory_;
};

TEST_F(SyncServiceTest, LeasesTokens) {
  CreatePartner("a");
  v1::LeaseTokensRequest request;
  request.set_holder("feed-1");
  request.add_wants()->set_partner_id("a");
  request.mutable_wants(0)->set_wanted(100'000);
  v1::LeaseTokensResponse response;
  ASSERT_TRUE(Call(&Syncing::LeaseTokens, request, &response).ok());
  EXPECT_EQ(response.grants(0).granted(), kDefaultOrderBurst);
  request.clear_holder();
  EXPECT_EQ(Call(&Syncing::LeaseTokens, request, &response).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SyncServiceTest, AnEmptyMeshIsCompleteAtOnce) {
  const auto watching = Watch(true, true);
  const auto first = watching->Next();
  EXPECT_TRUE(first.reset());
  EXPECT_TRUE(first.complete());
  EXPECT_THAT(first.partners(), IsEmpty());
}

TEST_F(SyncServiceTest, AWatchShowsAllPartnersAndThenEveryChange) {
  CreatePartner("a");
  CreatePartner("b");
  const auto watching = Watch(false, false);
  const auto first = watching->Next();
  EXPECT_TRUE(first.reset());
  EXPECT_TRUE(first.complete());
  ASSERT_EQ(first.partners_size(), 2);
  v1::SuspendPartnerRequest suspend;
  suspend.set_partner_id("a");
  v1::Partner partner;
  ASSERT_TRUE(Call(&Managing::SuspendPartner, suspend, &partner).ok());
  const auto next = watching->Next();
  EXPECT_FALSE(next.reset());
  EXPECT_TRUE(next.complete());
  ASSERT_EQ(next.partners_size(), 1);
  EXPECT_EQ(next.partners(0).partner().state(), v1::Partner::SUSPENDED);
}

TEST_F(SyncServiceTest, AWatchHasConfigsAndKeysOnlyWhereAsked) {
  CreatePartner("a");
  v1::ConfigVersion version;
  ASSERT_TRUE(MakeConfig("a", "one", &version).ok());
  const auto made = MakeKey("a");
  const v1::PartnerRecord bare = Watch(false, false)->Next().partners(0);
  EXPECT_FALSE(bare.has_config());
  EXPECT_THAT(bare.keys(), IsEmpty());
  const v1::PartnerRecord full = Watch(true, true)->Next().partners(0);
  EXPECT_EQ(full.config().SerializeAsString(), version.SerializeAsString());
  ASSERT_EQ(full.keys_size(), 1);
  EXPECT_EQ(full.keys(0).hmac(), pepper_.Hmac(made.key()));
}

TEST_F(SyncServiceTest, FollowersHearOfRevokedAndExpiredKeys) {
  CreatePartner("a");
  const auto revoked = MakeKey("a");
  MakeKey("a", absl::Seconds(10));
  const auto watching = Watch(false, true);
  EXPECT_EQ(watching->Next().partners(0).keys_size(), 2);
  v1::RevokeApiKeyRequest revoke;
  revoke.set_partner_id("a");
  revoke.set_key_id(revoked.api_key().key_id());
  v1::ApiKey key;
  ASSERT_TRUE(Call(&Managing::RevokeApiKey, revoke, &key).ok());
  EXPECT_EQ(watching->Next().partners(0).keys_size(), 1);
  const Ticker expiry("expiry", absl::Milliseconds(1), [this] { store_.store().ExpireKeys(); });
  store_.Advance(absl::Seconds(10));
  EXPECT_EQ(watching->Next().partners(0).keys_size(), 0);
}

TEST_F(SyncServiceTest, LargeConfigsAreSentInMessagesBelowTheLimit) {
  std::set<std::string> expected;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    CreatePartner(id);
    v1::ConfigVersion version;
    ASSERT_TRUE(MakeConfig(id, std::string(kMaxConfigBytes - 100, 'x'), &version).ok());
    expected.insert(id);
  }
  const auto watching = Watch(true, false);
  std::set<std::string> seen;
  for (int messages = 1;; ++messages) {
    const auto response = watching->Next();
    EXPECT_LT(response.ByteSizeLong(), 3u << 20);
    EXPECT_EQ(response.reset(), messages == 1);
    for (const auto& record : response.partners()) seen.insert(record.partner().partner_id());
    EXPECT_EQ(response.complete(), seen == expected);
    if (response.complete()) break;
  }
}

TEST_F(SyncServiceTest, ManyWatchersSeeTheLastOfManyChanges) {
  CreatePartner("a");
  std::vector<std::unique_ptr<Watching>> watchers;
  for (int i = 0; i < 8; ++i) watchers.push_back(Watch(false, false));
  v1::UpdatePartnerRequest update;
  update.mutable_partner()->set_partner_id("a");
  for (int n = 1; n <= 50; ++n) {
    update.mutable_partner()->set_name("name" + std::to_string(n));
    v1::Partner partner;
    ASSERT_TRUE(Call(&Managing::UpdatePartner, update, &partner).ok());
  }
  for (const auto& watching : watchers) {
    std::string name;
    while (name != "name50") {
      const auto response = watching->Next();
      if (response.partners_size() > 0) name = response.partners(0).partner().name();
    }
  }
}

// Asks for keys with the certificate of a service; gives how the watch ended, or OK where keys came.
absl::Status WatchKeysAs(const std::string& service, const std::string& address, const TestAuthority& authority) {
  const auto channel =
      rpc::ConnectTo(address, {.credentials = rpc::ClientCredentials(authority.Certify(service), "partners")});
  grpc::ClientContext context;
  v1::WatchPartnersRequest request;
  request.set_include_keys(true);
  const auto reader = v1::PartnerSyncService::NewStub(channel)->WatchPartners(&context, request);
  v1::WatchPartnersResponse response;
  if (!reader->Read(&response)) return rpc::FromGrpc(reader->Finish());
  EXPECT_EQ(response.partners(0).keys_size(), 1);
  context.TryCancel();
  return absl::OkStatus();
}

TEST_F(SyncServiceTest, KeysAreSentToTheGatewayOnly) {
  CreatePartner("a");
  MakeKey("a");
  const TestAuthority authority;
  rpc::ServerConfig config;
  config.tls = authority.Certify("partners");
  rpc::Drain drain;
  auto server = rpc::Server::Start(config, "test", {&sync_}, drain);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = "127.0.0.1:" + std::to_string((*server)->port());
  EXPECT_TRUE(WatchKeysAs("gateway", address, authority).ok());
  EXPECT_EQ(WatchKeysAs("feed", address, authority), KeysAreForTheGateway());
  EXPECT_EQ(WatchKeysAs("validation", address, authority), KeysAreForTheGateway());
  EXPECT_EQ(WatchKeysAs("order-store", address, authority).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(SyncServiceTest, DrainingEndsWatches) {
  const auto watching = Watch(false, false);
  watching->Next();
  server_->Shutdown();
  v1::WatchPartnersResponse more;
  EXPECT_FALSE(watching->reader->Read(&more));
  EXPECT_TRUE(rpc::IsDraining(rpc::FromGrpc(watching->reader->Finish())));
}

}  // namespace
}  // namespace ordermesh::partners
