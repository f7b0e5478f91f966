// Partners that change while orders flow: configs, keys, states and limits, through the edge.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/rpc/channel.h"
#include "tests/e2e/mesh_test.h"

namespace ordermesh::e2e {
namespace {

using common::v1::OrderVerdict;
using ::testing::HasSubstr;

// How soon a change must have reached every part, and how soon a revoked key must be refused.
constexpr absl::Duration kChangeReaches = absl::Seconds(5);

class PartnersTest : public MeshTest {
 protected:
  // A copy of a partner's folder in which `from` is replaced in mapping.yaml.
  static std::string ChangedFolder(const std::string& partner, const std::string& from, const std::string& to) {
    const std::filesystem::path folder = mesh_->data() + "/changed-" + partner;
    std::filesystem::remove_all(folder);
    std::filesystem::copy("config/partners/" + partner, folder, std::filesystem::copy_options::recursive);
    std::string mapping = testing::ReadFile(folder / "mapping.yaml");
    const size_t at = mapping.find(from);
    EXPECT_NE(at, std::string::npos) << mapping;
    if (at != std::string::npos) mapping.replace(at, from.size(), to);
    testing::WriteFile(folder / "mapping.yaml", mapping);
    return folder;
  }

  // The version that mapped a new order.
  static int64_t VersionOfANewOrder() {
    const OrderVerdict verdict = SubmitUntilAnswered("partner-b", PayloadB(absl::StrCat("VERSION-", ++orders_)));
    EXPECT_EQ(verdict.verdict(), OrderVerdict::CREATED);
    return CliJson({"orders", "get", verdict.order_id()}).at("mappingVersion").get<int64_t>();
  }
  // Waits until new orders are mapped with a version.
  static void ExpectVersionSoon(int64_t version) {
    const absl::Time deadline = absl::Now() + kChangeReaches;
    int64_t seen = VersionOfANewOrder();
    while (seen != version && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(50));
      seen = VersionOfANewOrder();
    }
    EXPECT_EQ(seen, version);
  }

  // What a partner hears when it sends an order with a key of its own.
  static absl::Status SubmitWithKey(const std::string& partner, const std::string& key, const std::string& payload) {
    rpc::ChannelOptions options;
    options.metadata.emplace_back("x-api-key", key);
    auto feed = feed::v1::FeedService::NewStub(rpc::ConnectTo(mesh_->PartnerAddress(), options));
    feed::v1::SubmitOrderRequest request;
    request.set_partner_id(partner);
    request.set_raw_payload(payload);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
    OrderVerdict verdict;
    return rpc::FromGrpc(feed->SubmitOrder(&context, request, &verdict));
  }
  // Sends until the answer has the code.
  static void ExpectCodeSoon(const std::string& key, absl::StatusCode code) {
    const absl::Time deadline = absl::Now() + kChangeReaches;
    absl::Status status = SubmitWithKey("partner-b", key, PayloadB("KEYS"));
    while (status.code() != code && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(50));
      status = SubmitWithKey("partner-b", key, PayloadB("KEYS"));
    }
    EXPECT_EQ(status.code(), code) << status;
  }

  static int orders_;
};

int PartnersTest::orders_ = 0;

TEST_F(PartnersTest, PushedConfigMapsTheNextOrderAndRollsBack) {
  const auto before = CliJson({"partners", "get", "partner-b"});
  const int64_t first = before.at("configVersion").get<int64_t>();
  ExpectVersionSoon(first);
  const std::string folder = ChangedFolder("partner-b", "version: 1", "# Changed.\nversion: 1");
  const auto pushed = CliJson({"partners", "config", "push", "partner-b", folder, "-m", "a comment"});
  EXPECT_EQ(pushed.at("version"), first + 1);
  EXPECT_EQ(pushed.at("message"), "a comment");
  EXPECT_FALSE(pushed.at("author").get<std::string>().empty());
  ExpectVersionSoon(first + 1);
  const auto diff = CliJson({"partners", "config", "diff", "partner-b", absl::StrCat(first), absl::StrCat(first + 1)});
  EXPECT_THAT(diff.at("files").at(0).at("unifiedDiff").get<std::string>(), HasSubstr("+# Changed."));
  const auto back = CliJson({"partners", "config", "rollback", "partner-b", absl::StrCat(first), "-m", "back"});
  EXPECT_EQ(back.at("version"), first + 2);
  EXPECT_EQ(back.at("restoredVersion"), first);
  ExpectVersionSoon(first + 2);
  EXPECT_EQ(CliJson({"partners", "config", "list", "partner-b"}).at("versions").size(), static_cast<size_t>(first + 2));
}

TEST_F(PartnersTest, EqualFilesMakeNoVersion) {
  const auto before = CliJson({"partners", "get", "retail-uk"});
  const auto pushed = CliJson({"partners", "config", "push", "retail-uk", "config/partners/retail-uk", "-m", "again"});
  EXPECT_EQ(pushed.at("version"), before.at("configVersion"));
}

TEST_F(PartnersTest, ConfigWithFaultsNeverBecomesLive) {
  const auto before = CliJson({"partners", "get", "partner-b"});
  const std::string folder = ChangedFolder("partner-b", "version: 1", "version: 1\nnonsense: [");
  const ProcessResult pushed = mesh_->Cli({"partners", "config", "push", "partner-b", folder, "-m", "broken"});
  EXPECT_EQ(pushed.exit_code, 1) << pushed.err;
  EXPECT_THAT(pushed.err, HasSubstr("mapping.yaml"));
  EXPECT_EQ(CliJson({"partners", "get", "partner-b"}).at("configVersion"), before.at("configVersion"));
}

TEST_F(PartnersTest, KeysRotateAndEnd) {
  const std::string second = CliJson({"partners", "keys", "create", "partner-b", "--label", "second"}).at("key");
  ExpectCodeSoon(second, absl::StatusCode::kOk);
  ExpectCodeSoon(mesh_->Credential("partner-b"), absl::StatusCode::kOk);
  EXPECT_NE(mesh_->Cli({"partners", "keys", "create", "partner-b"}).exit_code, 0) << "two are live";
  EXPECT_EQ(SubmitWithKey("partner-a", second, PayloadA("X", 1)).code(), absl::StatusCode::kPermissionDenied);
  const auto keys = CliJson({"partners", "keys", "list", "partner-b"});
  EXPECT_EQ(keys.at("keys").at(0).at("label"), "second");
  CliJson({"partners", "keys", "revoke", "partner-b", keys["keys"][0]["keyId"]});
  ExpectCodeSoon(second, absl::StatusCode::kUnauthenticated);
  ExpectCodeSoon(mesh_->Credential("partner-b"), absl::StatusCode::kOk);
}

TEST_F(PartnersTest, SuspendedPartnerIsRefusedUntilItIsActiveAgain) {
  EXPECT_EQ(CliJson({"partners", "suspend", "partner-b"}).at("state"), "SUSPENDED");
  ExpectCodeSoon(mesh_->Credential("partner-b"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(CliJson({"partners", "activate", "partner-b"}).at("state"), "ACTIVE");
  ExpectCodeSoon(mesh_->Credential("partner-b"), absl::StatusCode::kOk);
}

TEST_F(PartnersTest, NewPartnerSendsItsFirstOrder) {
  testing::WriteFile(mesh_->data() + "/shop.yaml",
                     "{partnerId: shop, name: A shop, orderLimit: {amount: 100, burst: 10}}");
  CliJson({"partners", "create", "-f", mesh_->data() + "/shop.yaml", "--config", "config/partners/partner-b"});
  const std::string key_file = mesh_->data() + "/shop.key";
  CliJson({"partners", "keys", "create", "shop", "--out", key_file});
  testing::WriteFile(mesh_->data() + "/order.json", PayloadB("SHOP-1"));
  const absl::Time deadline = absl::Now() + kChangeReaches;
  ProcessResult sent;
  do {
    sent = mesh_->Cli({"submit", "--partner", "shop", mesh_->data() + "/order.json", "--api_key_file", key_file});
  } while (sent.exit_code != 0 && absl::Now() < deadline);
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  EXPECT_THAT(sent.out, HasSubstr("CREATED"));
}

}  // namespace
}  // namespace ordermesh::e2e
