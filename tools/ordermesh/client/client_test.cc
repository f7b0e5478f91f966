#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "services/common/rpc/channel.h"
#include "tools/ordermesh/client/connection.h"
#include "tools/ordermesh/client/endpoints.h"
#include "tools/ordermesh/client/health.h"
#include "tools/ordermesh/client/retry.h"
#include "tools/ordermesh/testing/fake_mesh.h"

namespace ordermesh::client {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;

class EndpointsTest : public ::testing::Test {
 protected:
  EndpointsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "ordermesh-client-XXXXXX").string();
    data_ = mkdtemp(name.data());
    std::filesystem::create_directories(data_ / "run");
  }
  ~EndpointsTest() override { std::filesystem::remove_all(data_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(data_ / name) << text; }

  std::filesystem::path data_;
};

TEST_F(EndpointsTest, ReadsTheFilesOfToolsUp) {
  Write("run/endpoints.json",
        R"({"http": "a:1", "grpc": "b:2", "operatorGrpc": "c:3", "feed": "d:4", "orderStores": []})");
  const auto endpoints = ReadEndpoints(data_);
  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_EQ(endpoints->http, "a:1");
  EXPECT_EQ(endpoints->grpc, "b:2");
  EXPECT_EQ(endpoints->operator_grpc, "c:3");
  EXPECT_EQ(endpoints->feed, "d:4");
  Write("credentials.json", R"({"partners": {"p": "key", "odd": 1}, "operator": "token"})");
  const auto credentials = ReadCredentials(data_);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(credentials->operator_token, "token");
  EXPECT_EQ(credentials->partners.at("p"), "key");
  EXPECT_EQ(credentials->partners.at("odd"), "");
}

TEST_F(EndpointsTest, AreUnavailableWhereTheFilesAreNotThereOrNoObjects) {
  EXPECT_THAT(std::string(ReadEndpoints(data_).status().message()), HasSubstr("tools/up"));
  for (const char* text : {"", "[]", "{", "1"}) {
    Write("run/endpoints.json", text);
    Write("credentials.json", text);
    EXPECT_EQ(ReadEndpoints(data_).status().code(), absl::StatusCode::kUnavailable) << text;
    EXPECT_EQ(ReadCredentials(data_).status().code(), absl::StatusCode::kUnavailable) << text;
  }
  Write("run/endpoints.json", R"({"grpc": 1})");
  EXPECT_EQ(ReadEndpoints(data_)->grpc, "");
  Write("credentials.json", "{}");
  EXPECT_TRUE(ReadCredentials(data_)->partners.empty());
}

TEST(ConnectionTest, TakesSecretsAndTheFileOfProfilesFromTheEnvironment) {
  setenv("ORDERMESH_API_KEY", "key", 1);
  unsetenv("ORDERMESH_TOKEN");
  setenv("HOME", "/the/home", 1);
  unsetenv("XDG_CONFIG_HOME");
  ConnectionFlags flags;
  ReadEnvironment(flags);
  EXPECT_EQ(flags.api_key, "key");
  EXPECT_EQ(flags.token, "");
  EXPECT_EQ(flags.profiles_file, "/the/home/.config/ordermesh/profiles.json");
  setenv("XDG_CONFIG_HOME", "/etc/somewhere", 1);
  ReadEnvironment(flags);
  EXPECT_EQ(flags.profiles_file, "/etc/somewhere/ordermesh/profiles.json");
  unsetenv("ORDERMESH_API_KEY");
}

TEST(ConnectionTest, UsesTlsWhereItIsAskedFor) {
  ConnectionFlags flags;
  flags.address = "h:1";
  EXPECT_EQ(FindConnection(flags)->channel.credentials, nullptr);
  flags.tls = true;
  EXPECT_NE(FindConnection(flags)->channel.credentials, nullptr);
}

class RetryTest : public ::testing::Test {
 protected:
  // Statuses are given out one after the other; the last one stays.
  absl::Status Retry(std::vector<absl::Status> answers, absl::Duration wait = absl::Seconds(30)) {
    Patience patience{wait, [this] { return now_; },
                      [this](absl::Duration pause) {
                        pauses_.push_back(pause);
                        now_ += pause;
                      }};
    return RetryWhileAway(patience, [&](absl::Duration left) {
      lefts_.push_back(left);
      return answers[std::min(lefts_.size() - 1, answers.size() - 1)];
    });
  }

  absl::Time now_ = absl::FromUnixSeconds(1'000);
  std::vector<absl::Duration> pauses_;
  std::vector<absl::Duration> lefts_;
};

TEST_F(RetryTest, TriesUntilThePartIsBack) {
  EXPECT_TRUE(Retry({absl::UnavailableError(""), absl::ResourceExhaustedError(""), absl::OkStatus()}).ok());
  EXPECT_EQ(lefts_.size(), 3);
  EXPECT_EQ(pauses_[0], absl::Milliseconds(100));
}

TEST_F(RetryTest, ReturnsOtherFailuresAtOnce) {
  for (const absl::Status& status :
       {absl::NotFoundError(""), absl::InvalidArgumentError(""), absl::InternalError("")}) {
    EXPECT_EQ(Retry({status}), status);
  }
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(RetryTest, GivesUpAfterTheWaitWithShortPauses) {
  const absl::Status status = Retry({absl::UnavailableError("away")});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("away (waited 30s"));
  EXPECT_THAT(pauses_, Each(Le(absl::Milliseconds(500))));
  EXPECT_LE(now_, absl::FromUnixSeconds(1'030));
  EXPECT_GT(now_, absl::FromUnixSeconds(1'029));
}

TEST_F(RetryTest, TriesOnceWithoutAnyWaitAndGivesItASecond) {
  EXPECT_FALSE(Retry({absl::UnavailableError("")}, absl::ZeroDuration()).ok());
  EXPECT_THAT(lefts_, ElementsAre(absl::Seconds(1)));
}

TEST(HealthTest, AsksTheStandardService) {
  testing::FakeFeed feed;
  testing::FakeServer server(&feed, 0, true);
  const auto channel = rpc::ConnectTo(server.address());
  EXPECT_EQ(*CheckHealth(channel, "", absl::Seconds(10)), Serving::kServing);
  server.SetServing(false);
  EXPECT_EQ(*CheckHealth(channel, "", absl::Seconds(10)), Serving::kNotServing);
}

TEST(HealthTest, AsksForOnePartByItsName) {
  testing::FakeFeed feed;
  testing::FakeServer server(&feed, 0, true);
  const auto channel = rpc::ConnectTo(server.address());
  EXPECT_EQ(*CheckHealth(channel, "order-store", absl::Seconds(10)), Serving::kServiceUnknown);
  server.SetServing("order-store", true);
  EXPECT_EQ(*CheckHealth(channel, "order-store", absl::Seconds(10)), Serving::kServing);
  server.SetServing("order-store", false);
  EXPECT_EQ(*CheckHealth(channel, "order-store", absl::Seconds(10)), Serving::kNotServing);
}

TEST(HealthTest, FailsWhereNothingAnswersOrTheServiceIsMissing) {
  testing::FakeFeed feed;
  testing::FakeServer server(&feed);
  EXPECT_EQ(CheckHealth(rpc::ConnectTo(server.address()), "", absl::Seconds(10)).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(CheckHealth(rpc::ConnectTo("127.0.0.1:1"), "", absl::Seconds(1)).ok());
}

TEST(HealthTest, NamesEveryAnswer) {
  EXPECT_EQ(NameOf(Serving::kServing), "SERVING");
  EXPECT_EQ(NameOf(Serving::kNotServing), "NOT_SERVING");
  EXPECT_EQ(NameOf(Serving::kServiceUnknown), "SERVICE_UNKNOWN");
  EXPECT_EQ(NameOf(Serving::kUnknown), "UNKNOWN");
}

}  // namespace
}  // namespace ordermesh::client
