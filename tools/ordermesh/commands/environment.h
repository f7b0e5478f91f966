// What every command shares: the settings of the command line, where it writes, and how it ends.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tools/ordermesh/client/connection.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::cli {

// The exit codes of the program, as `ordermesh --help` lists them.
enum ExitCode : int {
  kDone = 0,
  // The answer is no: an order without verdict, an audit with problems, a part that is not serving, a fault of a
  // mapping, a credential that is not accepted.
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

  // Where to call and as whom; waits for a mesh that is starting. Not for calls on several threads at once.
  absl::StatusOr<client::Connection> FindConnection() const;

  // A stub of one service behind the edge; waits for a mesh that is starting.
  template <typename Service>
  absl::StatusOr<std::shared_ptr<typename Service::StubInterface>> NewStub() const {
    OM_ASSIGN_OR_RETURN(const client::Connection found, FindConnection());
    return std::shared_ptr<typename Service::StubInterface>(Service::NewStub(client::Connect(found)));
  }

  // Calls until there is an answer, and waits for a part that is away: `call(context) -> grpc::Status`.
  absl::Status Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) const;
  // Calls once, for what may not be done twice. UNAVAILABLE then means that the outcome is unknown.
  absl::Status CallOnce(const std::function<grpc::Status(grpc::ClientContext&)>& call) const;

  // Settings that every command takes.
  client::ConnectionFlags connection;
  double wait_seconds = 30;
  std::string output = "table";
  std::filesystem::path program;

  std::ostream& out;
  std::ostream& err;
  // Whether `err` is a terminal, on which a bar can be drawn.
  const bool terminal;

  // As whom the last connection was made, for messages.
  mutable std::string who;

  // What the command line asks for; set by the parser.
  std::function<absl::StatusOr<ExitCode>()> command;
};

// What a google.rpc.BadRequest in the status says, one "field: description" each; none where there is no such detail.
std::vector<std::string> FaultsIn(const absl::Status& status);

// Sets what the program does when `command` is the one that was given.
template <typename Run>
void SetCommand(CLI::App& command, Environment& environment, Run run) {
  command.callback([&environment, run = std::move(run)] { environment.command = run; });
}

// Adds an option for a time, "2026-01-15T10:30:00Z" or "2026-01-15".
void AddTimeOption(CLI::App& command, const std::string& name, google::protobuf::Timestamp* to,
                   const std::string& help);

// Reads at most `limit` bytes of a file, or of standard input for "-". INVALID_ARGUMENT where there are more.
absl::StatusOr<std::string> ReadWhole(const std::string& path, size_t limit);

// Each adds its commands to the program.
void AddAudit(CLI::App& app, Environment& environment);
void AddBackup(CLI::App& app, Environment& environment);
void AddCompletion(CLI::App& app, Environment& environment);
void AddErrorProposal(CLI::App& errors, Environment& environment);
void AddErrorRecord(CLI::App& errors, Environment& environment);
void AddErrorRepair(CLI::App& errors, Environment& environment);
void AddErrorReview(CLI::App& errors, Environment& environment);
void AddErrors(CLI::App& app, Environment& environment);
void AddHealth(CLI::App& app, Environment& environment);
void AddImport(CLI::App& app, Environment& environment);
void AddMapping(CLI::App& app, Environment& environment);
void AddOrderRecord(CLI::App& orders, Environment& environment);
void AddOrders(CLI::App& app, Environment& environment);
void AddPartners(CLI::App& app, Environment& environment);
void AddPartnerConfigs(CLI::App& partners, Environment& environment);
void AddPartnerKeys(CLI::App& partners, Environment& environment);
void AddProfile(CLI::App& app, Environment& environment);
void AddSubmit(CLI::App& app, Environment& environment);
void AddValidate(CLI::App& app, Environment& environment);

}  // namespace ordermesh::cli
