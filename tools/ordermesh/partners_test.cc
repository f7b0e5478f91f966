#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tools/ordermesh/testing/program_fixture.h"

namespace ordermesh::cli {
namespace {

using nlohmann::json;
using partners::v1::Partner;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PartnersTest : public ProgramFixture {
 protected:
  PartnersTest() {
    for (const char* id : {"partner-a", "shop"}) {
      Partner& partner = partners_.partners[id];
      partner.set_partner_id(id);
      partner.set_state(Partner::ACTIVE);
      partner.set_etag("7");
      partner.mutable_order_limit()->set_amount(10'000);
      partner.mutable_order_limit()->set_burst(5'000);
      partner.mutable_order_limit()->mutable_period()->set_seconds(60);
    }
    partners_.partners["shop"].set_config_version(3);
  }

  // The fields that the last update named.
  std::vector<std::string> Mask() {
    const auto& paths = partners_.last_update.update_mask().paths();
    return {paths.begin(), paths.end()};
  }
};

TEST_F(PartnersTest, ListsPageByPage) {
  EXPECT_EQ(Run({"partners", "list"}), kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("10,000/1m, burst 5,000"));
  EXPECT_THAT(out_.str(), HasSubstr("none"));
  const json list = RunJson({"partners", "list", "--limit", "1"});
  EXPECT_EQ(list["partners"].size(), 1);
  EXPECT_EQ(list["nextPageToken"], "partner-a");
  EXPECT_EQ(RunJson({"partners", "list", "--all"})["partners"].size(), 2);
}

TEST_F(PartnersTest, GetsOneWithTheOperatorsToken) {
  EXPECT_EQ(RunJson({"partners", "get", "shop"})["configVersion"], 3);
  EXPECT_EQ(partners_.last_credential, "authorization: Bearer token-of-the-operator");
  EXPECT_EQ(Run({"partners", "get", "shop"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("etag"));
  EXPECT_EQ(Run({"partners", "get", "nobody"}), kNotFound);
}

TEST_F(PartnersTest, CreatesFromAFileAndAFolder) {
  Write("new/mapping.yaml", "a: 1\n");
  Write("new/partner.yaml", "name: New\n");
  const std::string file = Write(
      "settings.yaml", "name: A new one\norderLimit: {amount: 500, period: 1s}\nwebhook_urls: [https://a.example]\n");
  const json made = RunJson({"partners", "create", "-f", file, "--config", (folder_ / "new").string(), "-m", "first"});
  EXPECT_EQ(code_, kDone) << err_.str();
  EXPECT_EQ(made["partnerId"], "new") << "the folder's name";
  EXPECT_EQ(made["orderLimit"]["amount"], "500");
  ASSERT_EQ(partners_.last_create.files_size(), 1) << "the settings are no part of the config";
  EXPECT_EQ(partners_.last_create.message(), "first");
  EXPECT_EQ(Run({"partners", "create", "-f", file, "--config", (folder_ / "new").string()}), kFailed);
}

TEST_F(PartnersTest, CreateKeepsNothingInADryRun) {
  const std::string file = Write("settings.yaml", "{partnerId: trial}");
  for (const char* flag : {"--dry_run", "--dry-run"}) {
    EXPECT_EQ(Run({"partners", "create", "-f", file, flag}), kDone) << err_.str();
    EXPECT_TRUE(partners_.last_create.validate_only());
  }
}

TEST_F(PartnersTest, RefusesFilesThatAreNoSettings) {
  for (const char* text :
       {"orderLimits: {}", "name: [1]", "- a", "name: a\nname: b\n", "order_limit: {amount: many}"}) {
    EXPECT_EQ(Run({"partners", "create", "-f", Write("bad.yaml", text)}), kUsage) << text;
    EXPECT_THAT(err_.str(), HasSubstr("bad.yaml")) << text;
  }
  EXPECT_EQ(Run({"partners", "create", "-f", "/nowhere.yaml"}), kNotFound);
}

TEST_F(PartnersTest, ShowsEveryFaultOfARequest) {
  absl::Status status = InvalidField("partner.name", "is too long");
  google::rpc::Status wire = ToProto(status);
  google::rpc::BadRequest bad;
  for (const char* field : {"partner.name", "partner.webhook_urls"}) {
    auto* violation = bad.add_field_violations();
    violation->set_field(field);
    violation->set_description("is wrong");
  }
  wire.clear_details();
  wire.add_details()->PackFrom(bad);
  partners_.refuse = rpc::ToGrpc(FromProto(wire));
  EXPECT_EQ(Run({"partners", "create", "-f", Write("settings.yaml", "{partnerId: x}")}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("\n  partner.webhook_urls: is wrong"));
}

TEST_F(PartnersTest, UpdatesWhatAFlagNamesAndKeepsTheRest) {
  EXPECT_EQ(Run({"partners", "update", "shop", "--order_burst", "9"}), kDone) << err_.str();
  EXPECT_THAT(Mask(), ElementsAre("order_limit"));
  EXPECT_EQ(partners_.last_update.partner().order_limit().amount(), 10'000);
  EXPECT_EQ(partners_.partners["shop"].order_limit().burst(), 9);
  EXPECT_EQ(Run({"partners", "update", "shop", "--order-rate", "20", "--query_rate", "5", "--query_burst", "6",
                 "--name", "A shop", "--error_ttl_days", "30", "--webhook_url", "https://a.example", "--webhook_url",
                 "https://b.example"}),
            kDone)
      << err_.str();
  EXPECT_THAT(Mask(), ElementsAre("name", "error_ttl_days", "webhook_urls", "order_limit", "query_limit"));
  EXPECT_FALSE(partners_.partners["shop"].order_limit().has_period()) << "--order_rate is per second";
  EXPECT_EQ(partners_.partners["shop"].webhook_urls_size(), 2);
  EXPECT_EQ(Run({"partners", "update", "shop", "--webhook_url", ""}), kDone);
  EXPECT_EQ(partners_.partners["shop"].webhook_urls_size(), 0);
}

TEST_F(PartnersTest, UpdatesFromAFileOnlyWhatItNames) {
  EXPECT_EQ(Run({"partners", "update", "shop", "-f", Write("s.yaml", "orderLimit: {amount: 5}\n"), "--dry_run"}),
            kDone);
  EXPECT_THAT(Mask(), ElementsAre("order_limit"));
  EXPECT_TRUE(partners_.last_update.validate_only());
  // What `partners get -o json` prints can be edited and sent back: what only the mesh sets is left out.
  const std::string file = Write("shop.json", RunJson({"partners", "get", "shop"}).dump());
  EXPECT_EQ(Run({"partners", "update", "shop", "-f", file}), kDone) << err_.str();
  EXPECT_THAT(Mask(), ::testing::UnorderedElementsAre("name", "order_limit", "webhook_urls", "error_ttl_days"));
  EXPECT_EQ(Run({"partners", "update", "partner-a", "-f", file}), kUsage) << "the file is of another partner";
  EXPECT_EQ(Run({"partners", "update", "shop"}), kUsage);
  EXPECT_EQ(Run({"partners", "update", "shop", "-f", file, "--name", "x"}), kUsage);
}

TEST_F(PartnersTest, UpdateFailsAtOnceWhereThePartnerHasChanged) {
  EXPECT_EQ(Run({"partners", "update", "shop", "--name", "x", "--etag", "old"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("has changed"));
}

TEST_F(PartnersTest, SuspendsAndActivates) {
  EXPECT_EQ(RunJson({"partners", "suspend", "shop"})["state"], "SUSPENDED");
  EXPECT_EQ(RunJson({"partners", "activate", "shop"})["state"], "ACTIVE");
  EXPECT_EQ(Run({"partners", "suspend", "nobody"}), kNotFound);
}

TEST_F(PartnersTest, PushesShowsAndRollsBackConfigs) {
  Write("shop/mapping.yaml", "a: 1\n");
  Write("shop/examples/one.yaml", "b: 2");
  const std::string folder = (folder_ / "shop").string();
  EXPECT_EQ(Run({"partners", "config", "push", "shop", folder, "-m", "try", "--dry_run"}), kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("nothing was kept"));
  EXPECT_EQ(RunJson({"partners", "config", "push", "shop", folder, "-m", "first"})["version"], 1);
  EXPECT_EQ(RunJson({"partners", "config", "list", "shop"})["versions"][0]["message"], "first");
  EXPECT_EQ(Run({"partners", "config", "list", "shop"}), kDone);
  EXPECT_EQ(Run({"partners", "config", "show", "shop"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("--- mapping.yaml\na: 1\n"));
  EXPECT_EQ(RunJson({"partners", "config", "show", "shop", "1"})["live"], true);
  EXPECT_EQ(Run({"partners", "config", "show", "shop", "9"}), kNotFound);
  EXPECT_EQ(RunJson({"partners", "config", "rollback", "shop", "1", "-m", "back"})["restoredVersion"], 1);
  EXPECT_EQ(Run({"partners", "config", "rollback", "shop", "9", "-m", "back"}), kNotFound);
}

TEST_F(PartnersTest, WritesTheFilesOfAVersion) {
  auto& version = partners_.versions.emplace_back();
  version.set_version(1);
  version.set_live(true);
  auto* file = version.add_files();
  file->set_path("examples/one.yaml");
  file->set_content("b: 2");
  const auto out = folder_ / "out";
  EXPECT_EQ(Run({"partners", "config", "show", "shop", "--out", out.string()}), kDone) << err_.str();
  EXPECT_EQ(Read(out / "examples" / "one.yaml"), "b: 2");
  EXPECT_EQ(Run({"partners", "config", "show", "shop", "--out", out.string()}), kDone) << "the same again";
  partners_.versions[0].mutable_files(0)->set_content("b: 3");
  EXPECT_EQ(Run({"partners", "config", "show", "shop", "--out", out.string()}), kUsage) << "nothing is overwritten";
  for (const char* path : {"../out.yaml", "/tmp/ordermesh-out.yaml", "a/../../b", ""}) {
    partners_.versions[0].mutable_files(0)->set_path(path);
    EXPECT_EQ(Run({"partners", "config", "show", "shop", "--out", out.string()}), kUsage) << path;
  }
}

TEST_F(PartnersTest, FaultsOfAConfigAreTheAnswer) {
  Write("shop/mapping.yaml", "a: 1\n");
  partners_.refuse = rpc::ToGrpc(InvalidField("mapping.yaml:3:1", "no such field"));
  EXPECT_EQ(Run({"partners", "config", "push", "shop", (folder_ / "shop").string(), "-m", "x"}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("mapping.yaml:3:1: no such field"));
  EXPECT_EQ(Run({"partners", "config", "push", "shop", "/nowhere", "-m", "x"}), kNotFound);
  EXPECT_EQ(Run({"partners", "config", "push", "shop", (folder_ / "shop").string()}), kUsage) << "a message is needed";
}

TEST_F(PartnersTest, DiffsTwoVersionsOrOneWithTheOneBefore) {
  EXPECT_EQ(Run({"partners", "config", "diff", "shop", "2", "5"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("+++ b/mapping.yaml\n-old\n+new\n"));
  EXPECT_EQ(partners_.last_diff.base_version(), 2);
  EXPECT_EQ(partners_.last_diff.version(), 5);
  EXPECT_EQ(RunJson({"partners", "config", "diff", "shop", "5"})["files"][0]["path"], "mapping.yaml");
  EXPECT_EQ(partners_.last_diff.base_version(), 0);
  EXPECT_EQ(partners_.last_diff.version(), 5);
}

TEST_F(PartnersTest, ShowsANewKeyOnce) {
  EXPECT_EQ(Run({"partners", "keys", "create", "shop", "--label", "test", "--expires", "90d"}), kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("\nomk_live_secret1\n"));
  EXPECT_NEAR(static_cast<double>(partners_.keys[0].expire_time().seconds()),
              static_cast<double>(absl::ToUnixSeconds(absl::Now())) + 90 * 86'400, 60);
  EXPECT_EQ(RunJson({"partners", "keys", "create", "shop"})["key"], "omk_live_secret2");
  EXPECT_EQ(Run({"partners", "keys", "list", "shop"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("live"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("secret")));
  EXPECT_EQ(RunJson({"partners", "keys", "list", "shop"})["keys"][0]["label"], "test");
  EXPECT_EQ(Run({"partners", "keys", "create", "shop", "--expires", "soon"}), kUsage);
  EXPECT_EQ(Run({"partners", "keys", "create", "nobody"}), kNotFound);
}

TEST_F(PartnersTest, WritesANewKeyForItsOwnerOnly) {
  const auto file = folder_ / "shop.key";
  const json made = RunJson({"partners", "keys", "create", "shop", "--out", file.string()});
  EXPECT_EQ(code_, kDone) << err_.str();
  EXPECT_EQ(made["key"], "");
  EXPECT_EQ(Read(file), "omk_live_secret1\n");
  EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(Run({"partners", "keys", "create", "shop", "--out", (folder_ / "other").string()}), kDone);
  EXPECT_THAT(out_.str(), Not(HasSubstr("secret")));
  EXPECT_EQ(Run({"partners", "keys", "create", "shop", "--out", "/nowhere/key"}), kFailed);
}

TEST_F(PartnersTest, MakesNoSecondKeyWhereTheOutcomeIsUnknown) {
  partners_.refuse = grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
  EXPECT_EQ(Run({"partners", "keys", "create", "shop", "--wait", "5"}), kUnavailable);
  EXPECT_THAT(err_.str(), HasSubstr("unknown"));
}

TEST_F(PartnersTest, RevokesAKey) {
  ASSERT_EQ(Run({"partners", "keys", "create", "shop"}), kDone);
  EXPECT_EQ(Run({"partners", "keys", "revoke", "shop", "key-1"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("revoked"));
  EXPECT_EQ(Run({"partners", "keys", "list", "shop"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("revoked"));
  EXPECT_EQ(Run({"partners", "keys", "revoke", "shop", "key-9"}), kNotFound);
  EXPECT_EQ(RunJson({"partners", "keys", "revoke", "shop", "key-1"})["keyId"], "key-1");
}

TEST_F(PartnersTest, RefusesWrongUsage) {
  const std::vector<std::vector<std::string>> cases = {
      {"partners"},
      {"partners", "get"},
      {"partners", "create"},
      {"partners", "update", "shop", "--order_rate", "0"},
      {"partners", "config"},
      {"partners", "config", "diff", "shop"},
      {"partners", "config", "rollback", "shop", "1"},
      {"partners", "keys"},
      {"partners", "keys", "revoke", "shop"},
  };
  for (const auto& arguments : cases) {
    EXPECT_EQ(Run(arguments), kUsage) << ::testing::PrintToString(arguments);
    EXPECT_THAT(out_.str(), IsEmpty());
  }
}

}  // namespace
}  // namespace ordermesh::cli
