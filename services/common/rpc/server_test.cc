#include "services/common/rpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/testing_peer.h"
#include "services/common/rpc/unary.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::rpc {
namespace {

using ::testing::HasSubstr;
// Any service: a server has one at least, and each is part of one server.
using Service = order::v1::OrderCommitService::CallbackService;

class ServerTest : public ::testing::Test {
 protected:
  absl::Status Start() {
    config_.tls.insecure = true;
    auto server = Server::Start(config_, "test", {&service_}, drain_);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    return absl::OkStatus();
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) / ("server_test_" + std::to_string(getpid()));
  ServerConfig config_;
  Drain drain_;
  Service service_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, TakesAFreePortAndWritesItsPid) {
  std::filesystem::create_directories(directory_);
  config_.pid_file = directory_ / "test.pid";
  config_.admin_listen = "127.0.0.1:0";
  config_.reflection = true;
  ASSERT_TRUE(Start().ok());
  EXPECT_GT(server_->port(), 0);
  int pid = 0;
  std::ifstream(config_.pid_file) >> pid;
  EXPECT_EQ(pid, getpid());
  std::filesystem::remove_all(directory_);
}

TEST_F(ServerTest, RefusesBadSettingsByName) {
  const std::vector<std::pair<std::string, ServerConfig>> table = {
      {"listen", {.listen = "nonsense"}},       {"listen", {.listen = "127.0.0.1:70000"}},
      {"admin_listen", {.admin_listen = ":1"}}, {"metrics_listen", {.metrics_listen = "localhost"}},
      {"reflection", {.reflection = true}},
  };
  for (const auto& [flag, config] : table) {
    config_ = config;
    const absl::Status status = Start();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(flag));
  }
}

TEST_F(ServerTest, SaysWhichPortIsTaken) {
  ASSERT_TRUE(Start().ok());
  ServerConfig second;
  second.tls.insecure = true;
  second.listen = "127.0.0.1:" + std::to_string(server_->port());
  Drain drain;
  Service taken_port;
  const auto other = Server::Start(second, "second", {&taken_port}, drain);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr(second.listen));
  second.listen = "127.0.0.1:0";
  second.admin_listen = "127.0.0.1:" + std::to_string(server_->port());
  Service taken_admin_port;
  EXPECT_EQ(Server::Start(second, "second", {&taken_admin_port}, drain).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, CallsAreTakenForAWhileAfterItIsNotServing) {
  config_.drain_delay_seconds = 1;
  config_.admin_listen = "127.0.0.1:0";
  ASSERT_TRUE(Start().ok());
  const auto channel = ConnectTo("127.0.0.1:" + std::to_string(server_->port()));
  ASSERT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)));
  absl::Notification begun;
  drain_.Add([&begun] { begun.Notify(); });
  const absl::Time start = absl::Now();
  std::thread stopping([this] { server_->Shutdown(); });
  EXPECT_EQ(channel->GetState(false), GRPC_CHANNEL_READY);
  begun.WaitForNotification();
  EXPECT_GE(absl::Now() - start, absl::Seconds(1));
  stopping.join();
}

TEST_F(ServerTest, ShutdownBeginsTheDrain) {
  ASSERT_TRUE(Start().ok());
  bool told = false;
  drain_.Add([&told] { told = true; });
  server_->Shutdown();
  EXPECT_TRUE(told);
  EXPECT_TRUE(drain_.begun());
}

TEST(DrainTest, TellsLateListenersAtOnceAndRemovedOnesNever) {
  Drain drain;
  int told = 0;
  const int64_t key = drain.Add([&told] { told += 1; });
  drain.Add([&told] { told += 10; });
  drain.Remove(key);
  drain.Begin();
  drain.Begin();
  EXPECT_EQ(told, 10);
  drain.Add([&told] { told += 100; });
  EXPECT_EQ(told, 110);
}

TEST(StatusTest, DetailsSurviveTheWire) {
  const absl::Status status = WithRetry(InvalidField("page_size", "must not be negative"), absl::Milliseconds(1'500));
  const absl::Status back = FromGrpc(ToGrpc(status));
  EXPECT_EQ(back, status);
  EXPECT_EQ(ReasonOf(back), "INVALID_FIELD");
  EXPECT_EQ(RetryDelayOf(back), absl::Milliseconds(1'500));
  EXPECT_TRUE(FromGrpc(ToGrpc(absl::OkStatus())).ok());
  EXPECT_EQ(FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "plain")), absl::AbortedError("plain"));
}

TEST(FlagsTest, AFlagWinsOverTheFileWhichWinsOverTheEnvironment) {
  const std::string file = ::testing::TempDir() + "/flags_test.toml";
  std::ofstream(file) << "log_level=\"error\"\nlisten=\"127.0.0.1:1\"\ndrain_seconds=3\n";
  setenv("ORDERMESH_LISTEN", "127.0.0.1:2", 1);
  setenv("ORDERMESH_LOG_LEVEL", "warn", 1);
  setenv("ORDERMESH_PID_FILE", "from-environment", 1);
  ServerConfig config;
  CLI::App app;
  AddServerFlags(app, config);
  const std::string config_flag = "--config_file=" + file;
  const char* argv[] = {"test", config_flag.c_str(), "--log_level=debug"};
  EXPECT_EQ(ParseFlags(app, 3, const_cast<char**>(argv)), std::nullopt);
  unsetenv("ORDERMESH_PID_FILE");
  unsetenv("ORDERMESH_LISTEN");
  unsetenv("ORDERMESH_LOG_LEVEL");
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.listen, "127.0.0.1:1");
  EXPECT_EQ(config.pid_file, "from-environment");
  EXPECT_EQ(config.drain_seconds, 3);
}

TEST(FlagsTest, BadFlagsGiveAnExitCode) {
  ServerConfig config;
  CLI::App app;
  AddServerFlags(app, config);
  const char* argv[] = {"test", "--drain_seconds=-1"};
  EXPECT_NE(ParseFlags(app, 2, const_cast<char**>(argv)).value_or(0), 0);
}

TEST(LogTest, RefusesUnknownLevels) {
  EXPECT_EQ(telemetry::StartLogging("test", "loud").code(), absl::StatusCode::kInvalidArgument);
  telemetry::LogInfo("dropped before the start");
  ASSERT_TRUE(telemetry::StartLogging("test", "info").ok());
  ::testing::internal::CaptureStdout();
  telemetry::LogWarning("a line", {{"count", int64_t{3}}, {"ratio", 0.5}, {"good", true}, {"text", "\xff\"quoted\""}});
  telemetry::LogDebug("below the level");
  telemetry::LogError("another");
  telemetry::StopLogging();
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr(R"("event":"a line","count":3,"ratio":0.5,"good":true)"));
  EXPECT_THAT(out, ::testing::Not(HasSubstr("below the level")));
}

TEST(MetricsServerTest, ServesWhatWasCounted) {
  telemetry::Counter("test_things_total", "Things.", {{"kind", "good"}}).Increment(3);
  telemetry::Gauge("test_depth", "Depth.").Set(7);
  const auto families = telemetry::MetricRegistry()->Collect();
  EXPECT_GE(families.size(), 2u);
  const auto server = telemetry::MetricsServer::Start("127.0.0.1:0");
  EXPECT_TRUE(server.ok());
  EXPECT_EQ(telemetry::MetricsServer::Start("256.0.0.1:1").status().code(), absl::StatusCode::kUnavailable);
}

TEST(MetricsServerTest, EndsAtOnce) {
  auto server = telemetry::MetricsServer::Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok());
  const absl::Time start = absl::Now();
  *server = nullptr;
  EXPECT_LT(absl::Now() - start, absl::Seconds(1)) << "the library alone takes up to 2 s";
}

}  // namespace
}  // namespace ordermesh::rpc
