// The whole mesh as real processes, started by tools/up in a temporary data folder on ports of its own.
#pragma once

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/process.h"

namespace ordermesh::testing {

// Names of the services, as in their pid files.
inline constexpr char kFeed[] = "feed";
inline constexpr char kValidation[] = "validation";
inline constexpr char kOrderStore[] = "order-store";
inline constexpr char kErrorStore[] = "error-store";
inline constexpr char kPartners[] = "partners";
inline constexpr char kGateway[] = "gateway";

// False once the process has ended, also where nobody has asked how.
bool IsRunning(pid_t pid);

// Not thread-safe, but for Kill, Pid and the channels.
class Mesh {
 public:
  // Starts it and waits until every service is SERVING. `environment` reaches tools/up (for example
  // ORDERMESH_ORDER_STORE_FLAGS); ORDERMESH_DATA and ORDERMESH_HTTP_PORT are chosen here where it does not name them.
  // INTERNAL with the output of tools/up where it does not start.
  static absl::StatusOr<std::unique_ptr<Mesh>> Start(std::map<std::string, std::string> environment = {});
  // For those who must know both before it starts: a new folder in $TMPDIR (/tmp), and a port with enough free ones
  // above.
  static std::string NewDataFolder();
  static int FreePorts();
  // Stops it and removes its data, which are kept where ORDERMESH_KEEP_DATA is set or Keep was called.
  ~Mesh();

  // tools/up and tools/down again, with the same data and ports.
  ProcessResult Up(const std::vector<std::string>& arguments = {"--detach", "--no-demo", "--no-build"});
  ProcessResult Down();

  // kill -9. False where it was not running.
  bool Kill(const std::string& service);
  bool Signal(const std::string& service, int signal);
  // 0 where it is not running.
  pid_t Pid(const std::string& service) const;
  // While its supervisor is held a process that ends is not started again, and can be looked at.
  void HoldSupervisor(const std::string& service);
  void ReleaseSupervisor(const std::string& service);
  // Keeps a service from running (its supervisor included) until Up.
  void StopForGood(const std::string& service);
  // Waits until every service is SERVING.
  absl::Status WaitHealthy(absl::Duration limit = absl::Seconds(60));

  // `ordermesh ARGUMENTS`.
  ProcessResult Cli(const std::vector<std::string>& arguments, absl::Duration limit = absl::Minutes(5));

  // New connections, which reconnect fast. Through the gateway, whichever service is called: as operator, and as a
  // partner with its key.
  std::shared_ptr<grpc::Channel> Edge() const;
  std::shared_ptr<grpc::Channel> EdgeAs(const std::string& partner) const;
  // Straight to one service, with the gateway's certificate and an operator's identity, as the gateway calls it.
  std::shared_ptr<grpc::Channel> Direct(const std::string& service) const;
  // HOST:PORT of the service's API; of the gateway the one for operators.
  std::string Address(const std::string& service) const;
  // The port of a service's API in a mesh with this ORDERMESH_HTTP_PORT.
  static int GrpcPort(int http_port, const std::string& service);
  // HOST:PORT of the gateway's gRPC for partners.
  std::string PartnerAddress() const;
  // The key of a partner, and the operator's token for an empty name, as tools/up wrote them.
  std::string Credential(const std::string& partner = "") const;

  const std::string& data() const { return data_; }
  const std::map<std::string, std::string>& environment() const { return environment_; }
  void Keep() { keep_ = true; }

 private:
  Mesh() = default;

  pid_t SupervisorOf(const std::string& service) const;

  std::string data_;
  std::string build_;
  int http_port_ = 0;
  std::map<std::string, std::string> environment_;
  bool keep_ = false;
};

}  // namespace ordermesh::testing
