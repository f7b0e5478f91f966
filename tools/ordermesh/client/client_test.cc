#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "services/common/rpc/channel.h"
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
    config_.data = mkdtemp(name.data());
    std::filesystem::create_directories(config_.data / "run");
  }
  ~EndpointsTest() override { std::filesystem::remove_all(config_.data); }
  void Write(const std::string& text) { std::ofstream(config_.data / "run" / "endpoints.json") << text; }

  MeshConfig config_;
};

TEST_F(EndpointsTest, ReadsTheFileOfToolsUp) {
  Write(R"({"feed": "a:1", "validation": "b:2", "orderStores": ["c:3", "d:4"], "errorStores": ["e:5"]})");
  EXPECT_THAT(*AddressesOf(config_, Part::kFeed), ElementsAre("a:1"));
  EXPECT_THAT(*AddressesOf(config_, Part::kValidation), ElementsAre("b:2"));
  EXPECT_THAT(*AddressesOf(config_, Part::kOrderStore), ElementsAre("c:3", "d:4"));
  EXPECT_THAT(*AddressesOf(config_, Part::kErrorStore), ElementsAre("e:5"));
}

TEST_F(EndpointsTest, PrefersOverridesAndThenNeedsNoFile) {
  config_.overrides.feed = "x:9";
  EXPECT_THAT(*AddressesOf(config_, Part::kFeed), ElementsAre("x:9"));
  const absl::Status missing = AddressesOf(config_, Part::kOrderStore).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("--order-store HOST:PORT"));
}

TEST_F(EndpointsTest, IsUnavailableWhereThePartOrTheFileIsNotThere) {
  for (const char* text : {"{}", "[]", "{", R"({"feed": 1})", R"({"orderStores": "a:1"})", R"({"errorStores": [1]})"}) {
    Write(text);
    EXPECT_EQ(AddressesOf(config_, Part::kFeed).status().code(), absl::StatusCode::kUnavailable) << text;
  }
}

TEST_F(EndpointsTest, FindsTheAdminPort) {
  EXPECT_EQ(*AdminAddressOf("127.0.0.1:8090"), "127.0.0.1:8100");
  EXPECT_EQ(*AdminAddressOf("[::1]:8090"), "[::1]:8100");
  for (const char* address : {"", "host", "host:", "host:x", "host:80x", "host:0", "host:65530"}) {
    EXPECT_EQ(AdminAddressOf(address).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
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
  EXPECT_EQ(*CheckHealth(channel, absl::Seconds(10)), Serving::kServing);
  server.SetServing(false);
  EXPECT_EQ(*CheckHealth(channel, absl::Seconds(10)), Serving::kNotServing);
}

TEST(HealthTest, FailsWhereNothingAnswersOrTheServiceIsMissing) {
  testing::FakeFeed feed;
  testing::FakeServer server(&feed);
  EXPECT_EQ(CheckHealth(rpc::ConnectTo(server.address()), absl::Seconds(10)).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(CheckHealth(rpc::ConnectTo("127.0.0.1:1"), absl::Seconds(1)).ok());
}

TEST(HealthTest, NamesEveryAnswer) {
  EXPECT_EQ(NameOf(Serving::kServing), "SERVING");
  EXPECT_EQ(NameOf(Serving::kNotServing), "NOT_SERVING");
  EXPECT_EQ(NameOf(Serving::kServiceUnknown), "SERVICE_UNKNOWN");
  EXPECT_EQ(NameOf(Serving::kUnknown), "UNKNOWN");
}

}  // namespace
}  // namespace ordermesh::client
