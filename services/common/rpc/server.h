// Bootstrap of a service process: settings, ports, health, metrics, drain.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/tls.h"
#include "services/common/telemetry/metrics.h"

namespace ordermesh::rpc {

// What every service process is told. Nothing below main reads a flag, a file or the environment.
struct ServerConfig {
  // Where the services listen, host:port.
  std::string listen = "127.0.0.1:0";
  // What they listen with. A default-constructed one is refused, so that nothing is open by mistake.
  TlsConfig tls;
  // Plaintext health (and reflection): for probes only. Empty means none.
  std::string admin_listen;
  // HTTP /metrics. Empty means none.
  std::string metrics_listen;
  // Written by rename once the process serves. Empty means none.
  std::string pid_file;
  std::string log_level = "info";
  // gRPC reflection on the admin port.
  bool reflection = false;
  // How long SIGTERM waits for calls that are under way, in seconds.
  int drain_seconds = 20;
  // How long calls are taken as before after SIGTERM, but reported NOT_SERVING, in seconds: who finds the process by
  // name needs that long to hear that it goes.
  int drain_delay_seconds = 0;
  // Largest message that is accepted, in bytes.
  int max_message_bytes = kMaxInternalMessageBytes;
};

// Adds a flag for each setting, a TOML config file (--config_file), and the environment (ORDERMESH_LISTEN and so on). A
// flag wins over the environment, which wins over the file.
void AddServerFlags(CLI::App& app, ServerConfig& config);

// Parses the command line. Nothing to do is left when it returns an exit code: help was printed, or an error named the
// flag.
std::optional<int> ParseFlags(CLI::App& app, int argc, char** argv);

// Blocks SIGTERM and SIGINT in this thread and all that it starts, and switches the search for deadlocks off: construct
// it first in main.
class ShutdownSignal {
 public:
  ShutdownSignal();
  // Returns when one of them comes; gives its number.
  int Wait();
};

// The running servers of one process.
class Server {
 public:
  // Listens and reports SERVING. `services`, one at least, must outlive the server. INVALID_ARGUMENT names a bad
  // setting; UNAVAILABLE where a port is taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config, const std::string& name,
                                                       const std::vector<grpc::Service*>& services, Drain& drain);
  ~Server();

  // The port of `listen`.
  int port() const { return port_; }
  void SetServing(bool serving);
  // Reports NOT_SERVING, waits drain_delay_seconds, lets streams finish (Drain), then waits for calls under way up to
  // drain_seconds.
  void Shutdown();

 private:
  Server(const ServerConfig& config, Drain& drain) : config_(config), drain_(drain) {}
  absl::Status StartMain(const std::string& name, const std::vector<grpc::Service*>& services);
  absl::Status StartAdmin();

  const ServerConfig config_;
  Drain& drain_;
  int port_ = 0;
  bool down_ = false;
  // Of the admin server: gRPC adds health by itself, but wants something more. It answers UNIMPLEMENTED.
  grpc::CallbackGenericService no_service_;
  std::unique_ptr<grpc::Server> main_;
  std::unique_ptr<grpc::Server> admin_;
  std::unique_ptr<telemetry::MetricsServer> metrics_;
};

// The rest of a main: serve until a signal comes, drain, run `after` (close stores), and give the exit code.
int ServeUntilSignal(Server& server, ShutdownSignal& signal, const std::function<void()>& after);

// Prints what kept the process from starting, for people and as a log line; gives the exit code 1.
int FailedToStart(const absl::Status& status);

}  // namespace ordermesh::rpc
