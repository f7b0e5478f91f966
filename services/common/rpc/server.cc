#include "services/common/rpc/server.h"

#include <dlfcn.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/rpc_metrics.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::rpc {
namespace {

absl::Status WritePidFile(const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".", getpid());
  {
    std::ofstream file(temporary, std::ios::trunc);
    file << getpid() << "\n";
    if (!file.flush()) return absl::UnavailableError(absl::StrCat("cannot write ", temporary));
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot rename to ", path));
  }
  return absl::OkStatus();
}

absl::Status CheckAddress(std::string_view flag, const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return InvalidField(flag, absl::StrCat("must be host:port, got \"", address, "\""));
  }
  return absl::OkStatus();
}

absl::Status Check(const ServerConfig& config) {
  OM_RETURN_IF_ERROR(CheckAddress("listen", config.listen));
  if (!config.admin_listen.empty()) OM_RETURN_IF_ERROR(CheckAddress("admin_listen", config.admin_listen));
  if (!config.metrics_listen.empty()) OM_RETURN_IF_ERROR(CheckAddress("metrics_listen", config.metrics_listen));
  OM_RETURN_IF_ERROR(CheckTls(config.tls));
  if (config.reflection && config.admin_listen.empty()) {
    return InvalidField("reflection", "needs admin_listen: reflection is served on the admin port only");
  }
  return absl::OkStatus();
}

// Once loaded, gRPC's reflection is part of every server, and its blocking methods make a server poll with threads of
// their own, which take all messages off the wire only to hand them on. Hence it is not linked.
absl::Status LoadReflection() {
  if (dlopen("libgrpc++_reflection.so.1.51", RTLD_NOW) != nullptr) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("no reflection: ", dlerror()));
}

}  // namespace

void AddServerFlags(CLI::App& app, ServerConfig& config) {
  app.set_config("--config_file", "", "Settings as TOML; a flag wins over the file, which wins over the environment");
  const auto add = [&app](const std::string& name, auto& value, const std::string& help) {
    return app.add_option("--" + name, value, help)
        ->envname("ORDERMESH_" + absl::AsciiStrToUpper(name))
        ->capture_default_str();
  };
  add("listen", config.listen, "Where the service listens, host:port");
  add("admin_listen", config.admin_listen, "Plaintext health for probes, host:port; empty: none");
  add("metrics_listen", config.metrics_listen, "HTTP /metrics, host:port; empty: none");
  add("pid_file", config.pid_file, "Where to write the process id once serving; empty: nowhere");
  add("log_level", config.log_level, "debug, info, warn or error");
  add("drain_seconds", config.drain_seconds, "How long SIGTERM waits for calls under way")->check(CLI::Range(0, 3600));
  add("drain_delay_seconds", config.drain_delay_seconds, "How long calls are still taken after SIGTERM")
      ->check(CLI::Range(0, 300));
  add("max_message_bytes", config.max_message_bytes, "Largest message accepted")->check(CLI::Range(1 << 10, 64 << 20));
  app.add_flag("--reflection", config.reflection, "Serve gRPC reflection on the admin port")
      ->envname("ORDERMESH_REFLECTION");
  AddTlsFlags(app, config.tls);
}

std::optional<int> ParseFlags(CLI::App& app, int argc, char** argv) {
  // CLI11 reports --help and bad flags by exception: it ends here.
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}

ShutdownSignal::ShutdownSignal() {
  // Debian's Abseil is built to follow the order of all locks, gRPC's too: 5 % of the time of a call. Tests keep it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  OM_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);
}

int ShutdownSignal::Wait() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  int number = 0;
  OM_CHECK(sigwait(&set, &number) == 0);
  return number;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config, const std::string& name,
                                                      const std::vector<grpc::Service*>& services, Drain& drain) {
  OM_RETURN_IF_ERROR(Check(config));
  grpc::EnableDefaultHealthCheckService(true);
  auto server = std::unique_ptr<Server>(new Server(config, drain));
  OM_RETURN_IF_ERROR(server->StartMain(name, services));
  OM_RETURN_IF_ERROR(server->StartAdmin());
  if (!config.metrics_listen.empty()) {
    OM_ASSIGN_OR_RETURN(server->metrics_, telemetry::MetricsServer::Start(config.metrics_listen));
  }
  server->SetServing(true);
  if (!config.pid_file.empty()) OM_RETURN_IF_ERROR(WritePidFile(config.pid_file));
  telemetry::LogInfo("serving", {{"listen", config.listen}, {"port", int64_t{server->port()}}});
  return server;
}

absl::Status Server::StartMain(const std::string& name, const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config_.listen, ServerCredentials(config_.tls), &port_);
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(config_.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients may ping idle connections this often; without it gRPC cuts them off.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(NewRpcMetrics());
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  main_ = builder.BuildAndStart();
  if (main_ == nullptr || port_ == 0) {
    return Refusal(absl::StatusCode::kUnavailable, "CANNOT_LISTEN", absl::StrCat("cannot listen on ", config_.listen),
                   {{"listen", config_.listen}});
  }
  return absl::OkStatus();
}

absl::Status Server::StartAdmin() {
  if (config_.admin_listen.empty()) return absl::OkStatus();
  // For every server built after it: the main server is built already, and stays without.
  if (config_.reflection) OM_RETURN_IF_ERROR(LoadReflection());
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config_.admin_listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&no_service_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  admin_ = builder.BuildAndStart();
  if (admin_ == nullptr || port == 0) {
    return Refusal(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                   absl::StrCat("cannot listen on ", config_.admin_listen), {{"admin_listen", config_.admin_listen}});
  }
  return absl::OkStatus();
}

void Server::SetServing(bool serving) {
  for (grpc::Server* server : {main_.get(), admin_.get()}) {
    if (server != nullptr) server->GetHealthCheckService()->SetServingStatus(serving);
  }
}

void Server::Shutdown() {
  if (std::exchange(down_, true)) return;
  SetServing(false);
  absl::SleepFor(absl::Seconds(config_.drain_delay_seconds));
  drain_.Begin();
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(config_.drain_seconds);
  if (main_ != nullptr) main_->Shutdown(deadline);
  // Health checks that are being watched never end by themselves.
  if (admin_ != nullptr) admin_->Shutdown(std::chrono::system_clock::now());
}

Server::~Server() { Shutdown(); }

int ServeUntilSignal(Server& server, ShutdownSignal& signal, const std::function<void()>& after) {
  const int number = signal.Wait();
  telemetry::LogInfo("draining", {{"signal", int64_t{number}}});
  server.Shutdown();
  after();
  telemetry::LogInfo("stopped");
  telemetry::StopLogging();
  return 0;
}

int FailedToStart(const absl::Status& status) {
  std::fprintf(stderr, "cannot start: %s\n", std::string(status.message()).c_str());
  telemetry::LogError("cannot start", {{"reason", ReasonOf(status)}, {"message", std::string(status.message())}});
  telemetry::StopLogging();
  return 1;
}

}  // namespace ordermesh::rpc
