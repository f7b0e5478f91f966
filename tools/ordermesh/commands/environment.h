// What every command shares: the settings of the command line, where it writes, and how it ends.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "tools/ordermesh/client/endpoints.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::cli {

// The exit codes of the program, as `ordermesh --help` lists them.
enum ExitCode : int {
  kDone = 0,
  // The answer is no: an order without verdict, an audit with problems, a part that is not serving, a fault of a
  // mapping.
  kAnswerIsNo = 1,
  kUsage = 2,
  kUnavailable = 3,
  kNotFound = 4,
  kFailed = 5,
};

// The exit code of a command that failed with this status.
ExitCode ExitCodeOf(const absl::Status& status);

class Environment {
 public:
  Environment(std::ostream& out, std::ostream& err, bool terminal) : out(out), err(err), terminal(terminal) {}

  bool json() const { return output == "json"; }
  client::Patience Patience() const;

  // The addresses of a part, one for each shard; waits for a mesh that is starting.
  absl::StatusOr<std::vector<std::string>> FindAddresses(client::Part part) const;

  // The stubs of a part, one for each shard; waits for a mesh that is starting.
  template <typename Service>
  absl::StatusOr<std::vector<std::shared_ptr<typename Service::StubInterface>>> FindStubs(client::Part part) const;

  // Calls until there is an answer, and waits for a part that is away: `call(context) -> grpc::Status`.
  absl::Status Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) const;

  // Settings that every command takes.
  client::MeshConfig mesh;
  double wait_seconds = 30;
  std::string output = "table";
  std::filesystem::path program;

  std::ostream& out;
  std::ostream& err;
  // Whether `err` is a terminal, on which a bar can be drawn.
  const bool terminal;

  // What the command line asks for; set by the parser.
  std::function<absl::StatusOr<ExitCode>()> command;
};

template <typename Service>
absl::StatusOr<std::vector<std::shared_ptr<typename Service::StubInterface>>> Environment::FindStubs(
    client::Part part) const {
  std::vector<std::shared_ptr<typename Service::StubInterface>> stubs;
  OM_ASSIGN_OR_RETURN(const auto addresses, FindAddresses(part));
  for (const std::string& address : addresses) stubs.push_back(Service::NewStub(rpc::ConnectTo(address)));
  return stubs;
}

// Adds an option for a time, "2026-01-15T10:30:00Z" or "2026-01-15".
void AddTimeOption(CLI::App& command, const std::string& name, google::protobuf::Timestamp* to,
                   const std::string& help);

// Reads at most `limit` bytes of a file, or of standard input for "-". INVALID_ARGUMENT where there are more.
absl::StatusOr<std::string> ReadWhole(const std::string& path, size_t limit);

// Each adds its commands to the program.
void AddAudit(CLI::App& app, Environment& environment);
void AddCompletion(CLI::App& app, Environment& environment);
void AddErrors(CLI::App& app, Environment& environment);
void AddHealth(CLI::App& app, Environment& environment);
void AddImport(CLI::App& app, Environment& environment);
void AddMapping(CLI::App& app, Environment& environment);
void AddOrders(CLI::App& app, Environment& environment);
void AddSubmit(CLI::App& app, Environment& environment);
void AddValidate(CLI::App& app, Environment& environment);

}  // namespace ordermesh::cli
