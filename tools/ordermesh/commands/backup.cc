#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/ordermesh/client/endpoints.h"
#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {
namespace {

constexpr char kProgram[] = "ordermesh-backup";

// What the program takes where no flag says it; what the person has set stays.
void SetDefault(const char* variable, const std::string& value) {
  if (!value.empty()) setenv(variable, value.c_str(), /*overwrite=*/0);
}

// Where the local mesh is and with what its stores let a backup in. Nothing where there is no local mesh.
void SetLocalDefaults(const std::filesystem::path& data) {
  const auto endpoints = client::ReadEndpoints(data);
  if (!endpoints.ok()) return;
  SetDefault("ORDERMESH_ORDER_STORE", absl::StrJoin(endpoints->order_stores, ","));
  SetDefault("ORDERMESH_ERROR_STORE", absl::StrJoin(endpoints->error_stores, ","));
  SetDefault("ORDERMESH_PARTNERS", endpoints->partners);
  const std::filesystem::path tls = data / "tls";
  SetDefault("ORDERMESH_TLS_CERT", (tls / "backup" / "cert.pem").string());
  SetDefault("ORDERMESH_TLS_KEY", (tls / "backup" / "key.pem").string());
  SetDefault("ORDERMESH_TLS_CA", (tls / "ca.pem").string());
}

// Becomes the program; returns only where that fails.
absl::StatusOr<ExitCode> RunBackup(const Environment& environment, const std::vector<std::string>& arguments) {
  SetLocalDefaults(environment.connection.data);
  const std::string program = (environment.program.parent_path() / kProgram).string();
  std::vector<std::string> line = {program};
  line.insert(line.end(), arguments.begin(), arguments.end());
  if (environment.json()) line.insert(line.end(), {"-o", "json"});
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  return absl::InternalError(
      absl::StrCat("cannot run ", program, ": ", std::strerror(errno), "; it belongs beside this program"));
}

}  // namespace

void AddBackup(CLI::App& app, Environment& environment) {
  CLI::App* backup = app.add_subcommand(
      "backup", "Copy the stores to a folder or S3, list, verify, restore and prune (`ordermesh backup --help`)");
  // Everything behind it is for the program.
  backup->prefix_command();
  backup->fallthrough(false);
  backup->set_help_flag();
  SetCommand(*backup, environment, [&environment, backup] { return RunBackup(environment, backup->remaining()); });
}

}  // namespace ordermesh::cli
