#include "tests/support/mesh.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/tls.h"

namespace ordermesh::testing {
namespace {

// The mesh uses ports H, H + 1 and H + 10 to H + 35.
constexpr int kLastPort = 35;
constexpr int kPortBlock = 40;

bool CanListen(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return free;
}

// The file stays open, and with it the lock, until this process ends.
bool Claim(int base) {
  static std::set<int> mine;
  if (mine.contains(base)) return true;
  const std::string path = absl::StrCat("/tmp/ordermesh-test-ports-", base);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) return mine.insert(base).second;
  if (file >= 0) close(file);
  return false;
}

}  // namespace

bool IsRunning(pid_t pid) {
  if (pid <= 0 || kill(pid, 0) != 0) return false;
  // The state stands behind the name, which is in parentheses.
  const std::string stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] != 'Z';
}

std::string Mesh::NewDataFolder() {
  std::string folder = (std::filesystem::temp_directory_path() / "ordermesh-test-XXXXXX").string();
  OM_CHECK(mkdtemp(folder.data()) != nullptr);
  return folder;
}

// Below the range from which the kernel takes ports for outgoing connections. Tests may run beside each other: a block
// that one has found is its own until it ends, also before anything listens.
int Mesh::FreePorts() {
  std::random_device random;
  for (;;) {
    const int base = 20'000 + static_cast<int>(random() % 280) * kPortBlock;
    bool free = Claim(base);
    for (int port = base; port <= base + kLastPort; ++port) free = free && CanListen(port);
    if (free) return base;
  }
}

int Mesh::GrpcPort(int http_port, const std::string& service) {
  if (service == kFeed) return http_port + 10;
  if (service == kValidation) return http_port + 11;
  if (service == kOrderStore) return http_port + 12;
  if (service == kErrorStore) return http_port + 13;
  if (service == kPartners) return http_port + 14;
  OM_CHECK(service == kGateway);
  return http_port + 15;
}

absl::StatusOr<std::unique_ptr<Mesh>> Mesh::Start(std::map<std::string, std::string> environment) {
  std::unique_ptr<Mesh> mesh(new Mesh());
  const char* build = std::getenv("ORDERMESH_BUILD");
  mesh->build_ = std::filesystem::absolute(build != nullptr ? build : "build").string();
  mesh->environment_ = std::move(environment);
  const auto data = mesh->environment_.find("ORDERMESH_DATA");
  mesh->data_ = data != mesh->environment_.end() ? data->second : NewDataFolder();
  const auto port = mesh->environment_.find("ORDERMESH_HTTP_PORT");
  mesh->http_port_ = port != mesh->environment_.end() ? std::atoi(port->second.c_str()) : FreePorts();
  mesh->environment_["ORDERMESH_BUILD"] = mesh->build_;
  mesh->environment_["ORDERMESH_DATA"] = mesh->data_;
  mesh->environment_["ORDERMESH_HTTP_PORT"] = absl::StrCat(mesh->http_port_);
  mesh->environment_["ORDERMESH_GRPC_PORT"] = absl::StrCat(mesh->http_port_ + 1);
  // The person's own mesh and credentials are not meant.
  for (const char* name : {"ORDERMESH_PROFILE", "ORDERMESH_ADDRESS", "ORDERMESH_API_KEY", "ORDERMESH_TOKEN"}) {
    mesh->environment_[name] = "";
  }
  const ProcessResult up = mesh->Up();
  if (up.exit_code != 0) return absl::InternalError(absl::StrCat("tools/up ended with ", up.exit_code, ": ", up.err));
  return mesh;
}

Mesh::~Mesh() {
  Down();
  if (keep_ || std::getenv("ORDERMESH_KEEP_DATA") != nullptr) return;
  std::error_code ignored;
  std::filesystem::remove_all(data_, ignored);
}

ProcessResult Mesh::Up(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"tools/up"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return RunProcess(argv, environment_);
}

ProcessResult Mesh::Down() { return RunProcess({"tools/down"}, environment_); }

pid_t Mesh::Pid(const std::string& service) const {
  const pid_t pid = std::atoi(ReadFile(absl::StrCat(data_, "/run/ordermesh-", service, ".pid")).c_str());
  return pid > 0 && kill(pid, 0) == 0 ? pid : 0;
}

bool Mesh::Signal(const std::string& service, int signal) {
  const pid_t pid = Pid(service);
  return pid != 0 && kill(pid, signal) == 0;
}

bool Mesh::Kill(const std::string& service) { return Signal(service, SIGKILL); }

pid_t Mesh::SupervisorOf(const std::string& service) const {
  return std::atoi(ReadFile(absl::StrCat(data_, "/run/supervise/ordermesh-", service, ".pid")).c_str());
}

void Mesh::HoldSupervisor(const std::string& service) {
  if (const pid_t supervisor = SupervisorOf(service); supervisor > 0) kill(supervisor, SIGSTOP);
}

void Mesh::ReleaseSupervisor(const std::string& service) {
  if (const pid_t supervisor = SupervisorOf(service); supervisor > 0) kill(supervisor, SIGCONT);
}

void Mesh::StopForGood(const std::string& service) {
  const pid_t supervisor = SupervisorOf(service);
  if (supervisor > 0) kill(supervisor, SIGTERM);
  for (int tries = 0; tries < 3'000 && supervisor > 0 && kill(supervisor, 0) == 0; ++tries) {
    absl::SleepFor(absl::Milliseconds(10));
  }
}

absl::Status Mesh::WaitHealthy(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  for (;;) {
    const ProcessResult health = Cli({"health", "--wait", "1"});
    if (health.exit_code == 0) return absl::OkStatus();
    if (absl::Now() > deadline)
      return absl::DeadlineExceededError(absl::StrCat("not healthy: ", health.out, health.err));
    absl::SleepFor(absl::Milliseconds(100));
  }
}

ProcessResult Mesh::Cli(const std::vector<std::string>& arguments, absl::Duration limit) {
  std::vector<std::string> argv = {build_ + "/bin/ordermesh"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return RunProcess(argv, environment_, limit);
}

std::string Mesh::Address(const std::string& service) const {
  return absl::StrCat("127.0.0.1:", GrpcPort(http_port_, service));
}

std::string Mesh::PartnerAddress() const { return absl::StrCat("127.0.0.1:", http_port_ + 1); }

std::string Mesh::Credential(const std::string& partner) const {
  const auto file = nlohmann::json::parse(ReadFile(data_ + "/credentials.json"));
  return partner.empty() ? file.at("operator") : file.at("partners").at(partner);
}

std::shared_ptr<grpc::Channel> Mesh::Edge() const {
  rpc::ChannelOptions options;
  options.metadata.emplace_back("authorization", "Bearer " + Credential());
  return rpc::ConnectTo(Address(kGateway), options);
}

std::shared_ptr<grpc::Channel> Mesh::EdgeAs(const std::string& partner) const {
  rpc::ChannelOptions options;
  options.metadata.emplace_back("x-api-key", Credential(partner));
  return rpc::ConnectTo(PartnerAddress(), options);
}

std::shared_ptr<grpc::Channel> Mesh::Direct(const std::string& service) const {
  common::v1::Identity identity;
  identity.set_role(common::v1::Identity::OPERATOR);
  identity.set_subject("test");
  rpc::TlsConfig tls;
  tls.ca = data_ + "/tls/ca.pem";
  tls.cert = data_ + "/tls/gateway/cert.pem";
  tls.key = data_ + "/tls/gateway/key.pem";
  rpc::ChannelOptions options;
  options.credentials = rpc::ClientCredentials(tls, service);
  options.metadata.emplace_back(rpc::kIdentityMetadata, identity.SerializeAsString());
  return rpc::ConnectTo(Address(service), options);
}

}  // namespace ordermesh::testing
