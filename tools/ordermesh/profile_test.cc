#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/ordermesh/testing/program_fixture.h"

namespace ordermesh::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKey[] = "omk_live_0123456789abcdefghijklmnopqrstuvwxyz";

class ProfileTest : public ProgramFixture {
 protected:
  ProfileTest() {
    data_named_ = false;
    partners_.partners["shop"].set_partner_id("shop");
  }

  int SetShop() {
    return Run({"profile", "set", "shop", "--address", edge_.address(), "--api_key_file", Write("shop.key", kKey)});
  }
  // The credential that a command comes with.
  std::string CredentialOf(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"partners", "get", "shop"});
    partners_.last_credential = "none came";
    Run(flags);
    return partners_.last_credential;
  }

  std::filesystem::path file_ = folder_ / "config" / "profiles.json";
};

TEST_F(ProfileTest, SetsAProfileThatOnlyItsOwnerCanRead) {
  EXPECT_EQ(SetShop(), kDone) << err_.str();
  EXPECT_EQ(std::filesystem::status(file_).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(out_.str(), Not(HasSubstr(kKey)));
  EXPECT_EQ(CredentialOf({"--profile", "shop"}), absl::StrCat("x-api-key: ", kKey));
}

TEST_F(ProfileTest, ShowsNoSecret) {
  SetShop();
  ASSERT_EQ(Run({"profile", "set", "ops", "--address", "h:1", "--operator", "--token_file", Write("t", "tok.e.n\n")}),
            kDone)
      << err_.str();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"profile", "show", "shop"}, {"profile", "show", "ops"}, {"profile", "list"}}) {
    const json shown = RunJson(arguments);
    EXPECT_EQ(code_, kDone) << err_.str();
    EXPECT_THAT(out_.str(), Not(HasSubstr("0123456789")));
    EXPECT_THAT(out_.str(), Not(HasSubstr("tok.e.n")));
    EXPECT_EQ(Run(arguments), kDone);
    EXPECT_THAT(out_.str(), Not(HasSubstr("0123456789")));
    EXPECT_THAT(out_.str(), Not(HasSubstr("tok.e.n")));
  }
  EXPECT_EQ(RunJson({"profile", "show", "shop"})["apiKey"], "omk_live_0123…");
  EXPECT_EQ(RunJson({"profile", "show", "ops"})["as"], "operator");
}

TEST_F(ProfileTest, UsesTheCurrentOneUnlessADataFolderIsNamed) {
  SetShop();
  EXPECT_EQ(CredentialOf({}), "authorization: Bearer token-of-the-operator");
  EXPECT_EQ(Run({"profile", "use", "shop"}), kDone);
  EXPECT_EQ(RunJson({"profile", "list"})["current"], "shop");
  EXPECT_EQ(CredentialOf({}), absl::StrCat("x-api-key: ", kKey));
  EXPECT_EQ(CredentialOf({"--data", folder_.string()}), "authorization: Bearer token-of-the-operator");
  EXPECT_EQ(CredentialOf({"--profile", "local"}), "authorization: Bearer token-of-the-operator");
  EXPECT_EQ(Run({"profile", "use", "local"}), kDone);
  EXPECT_EQ(CredentialOf({}), "authorization: Bearer token-of-the-operator");
}

TEST_F(ProfileTest, FlagsGoBeforeTheEnvironmentWhichGoesBeforeTheProfile) {
  SetShop();
  connection_.api_key = "of-the-environment";
  EXPECT_EQ(CredentialOf({"--profile", "shop"}), "x-api-key: of-the-environment");
  EXPECT_EQ(CredentialOf({}), "x-api-key: of-the-environment");
  EXPECT_EQ(CredentialOf({"--token_file", Write("t", " of-the-file \n")}), "authorization: Bearer of-the-file");
  connection_.token = "of-the-environment";
  EXPECT_EQ(Run({"partners", "get", "shop"}), kUsage) << "both are set";
  connection_.api_key = "";
  EXPECT_EQ(CredentialOf({"--api-key-file", Write("k", "of-the-file")}), "x-api-key: of-the-file");
}

TEST_F(ProfileTest, SendsTheLocalTokenToNoOtherMesh) {
  EXPECT_EQ(CredentialOf({"--address", edge_.address()}), "");
  EXPECT_EQ(CredentialOf({"--address", edge_.address(), "--api_key_file", Write("k", kKey)}),
            absl::StrCat("x-api-key: ", kKey));
}

TEST_F(ProfileTest, ChangesOnlyWhatIsGiven) {
  SetShop();
  EXPECT_EQ(Run({"profile", "set", "shop", "--tls_ca", "ca.pem"}), kDone) << err_.str();
  const json shop = RunJson({"profile", "show", "shop"});
  EXPECT_EQ(shop["tls"], true);
  EXPECT_EQ(shop["tlsCa"], (std::filesystem::current_path() / "ca.pem").string());
  EXPECT_EQ(shop["address"], edge_.address());
  EXPECT_EQ(shop["apiKey"], "omk_live_0123…");
}

TEST_F(ProfileTest, DeletesAProfile) {
  SetShop();
  Run({"profile", "use", "shop"});
  EXPECT_EQ(RunJson({"profile", "delete", "shop"})["deleted"], "shop");
  EXPECT_EQ(RunJson({"profile", "list"})["current"], "local");
  EXPECT_EQ(Run({"profile", "show", "shop"}), kNotFound);
  EXPECT_EQ(Run({"partners", "list", "--profile", "shop"}), kNotFound);
}

TEST_F(ProfileTest, RefusesWhatCannotBeAProfile) {
  const std::string key = Write("k", kKey);
  const std::vector<std::vector<std::string>> cases = {
      {"set", "local", "--address", "h:1"},
      {"set", "a b", "--address", "h:1"},
      {"set", "shop"},
      {"set", "shop", "--address", "h:1", "--operator", "--api_key_file", key},
      {"set", "shop", "--address", "h:1", "--token_file", key},
      {"set", "shop", "--address", "h:1", "--token_file", key, "--api_key_file", key},
      {"set", "shop", "--address", "h:1", "--api_key_file", Write("empty", " \n")},
      {"set", "shop", "--address", "h:1", "--api_key_file", Write("words", "two words")},
      {"set", "shop", "--address", "h:1", "--api_key_file", Write("large", std::string(20'000, 'x'))},
      {},
  };
  for (auto arguments : cases) {
    arguments.insert(arguments.begin(), "profile");
    EXPECT_EQ(Run(arguments), kUsage) << ::testing::PrintToString(arguments);
  }
  EXPECT_EQ(Run({"profile", "set", "shop", "--address", "h:1", "--api_key_file", "/nowhere"}), kNotFound);
  EXPECT_EQ(Run({"profile", "use", "shop"}), kNotFound);
  EXPECT_EQ(Run({"profile", "delete", "shop"}), kNotFound);
}

TEST_F(ProfileTest, SaysThatTheFileIsDamaged) {
  for (const char* text : {"{", "[]", R"({"current": 1})", R"({"profiles": []})", R"({"profiles": {"a": 1}})",
                           R"({"profiles": {"a": {"tls": 1}}})", R"({"profiles": {"a": {"address": 1}}})"}) {
    Write("config/profiles.json", text);
    EXPECT_EQ(Run({"profile", "list"}), kUsage) << text;
    EXPECT_THAT(err_.str(), HasSubstr("damaged"));
  }
}

TEST_F(ProfileTest, CredentialsThatAreNotAcceptedEndACommandAtOnce) {
  partners_.refuse = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "unknown key");
  EXPECT_EQ(Run({"partners", "get", "shop"}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("not accepted (the operator in"));
  EXPECT_EQ(Run({"partners", "get", "shop", "--address", edge_.address()}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("wants a credential"));
  partners_.refuse = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not your partner");
  EXPECT_EQ(Run({"partners", "get", "shop"}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("may not do that"));
  partners_.refuse = grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no such method");
  EXPECT_EQ(Run({"partners", "get", "shop"}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("port for operators"));
}

TEST_F(ProfileTest, WantsAPlaceForProfiles) {
  Environment environment(out_, err_, false);
  EXPECT_EQ(RunProgram(environment, {"profile", "list"}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("HOME"));
}

}  // namespace
}  // namespace ordermesh::cli
