#include "tools/ordermesh/program.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::cli {
namespace {

constexpr char kDescription[] =
    "ordermesh - speaks to an Ordermesh: send orders, look at orders and errors, manage partners, prove the books";
constexpr char kFooter[] =
    R"(`ordermesh COMMAND --help` explains a command with examples. Tables are for people; -o json prints one JSON document.

Without --profile and --address it speaks as operator to the mesh of tools/up under --data, or to the current profile.
Keys and tokens come from a file, from ORDERMESH_API_KEY or ORDERMESH_TOKEN, or from a profile; never from an argument.

Exit codes:
  0  done
  1  the answer is no: orders without a verdict, an audit with problems, a part not serving, a faulty mapping, a
     credential that is not accepted or may not do it
  2  wrong usage or a malformed request
  3  a part of the mesh stayed unavailable for the whole --wait
  4  what was named does not exist
  5  anything else that failed
)";
constexpr double kLongestWaitSeconds = 86'400;

void AddSettings(CLI::App& app, Environment& environment) {
  app.add_option("-o,--output", environment.output, "table or json")->check(CLI::IsMember({"table", "json"}));
  app.add_option("--wait", environment.wait_seconds, "Seconds to wait for a part that is away (default 30)")
      ->check(CLI::Range(0.0, kLongestWaitSeconds));
  app.add_option("--profile", environment.connection.profile, "The profile to use; local is the mesh of tools/up")
      ->envname("ORDERMESH_PROFILE");
  client::AddConnectionFlags(app, environment.connection);
}

// What failed, for people.
std::string Explain(const Environment& environment, const absl::Status& status) {
  const std::string who = environment.who.empty() ? "" : " (" + environment.who + ")";
  if (absl::IsUnauthenticated(status) && environment.who.empty()) {
    return absl::StrCat(
        "the mesh wants a credential: give --api_key_file or --token_file, set ORDERMESH_API_KEY or "
        "ORDERMESH_TOKEN, or use a profile (",
        status.message(), ")");
  }
  if (absl::IsUnauthenticated(status)) {
    return absl::StrCat("the credential is not accepted", who, ": ", status.message());
  }
  if (absl::IsPermissionDenied(status)) {
    return absl::StrCat("the credential may not do that", who, ": ", status.message());
  }
  if (absl::IsUnimplemented(status)) {
    return absl::StrCat("the mesh does not offer that here", who, ": what only operators may do needs a token and the ",
                        "edge's port for operators (", status.message(), ")");
  }
  std::string text(status.message());
  // A request that names one field says all in its message.
  const std::vector<std::string> faults = FaultsIn(status);
  for (size_t i = 0; faults.size() > 1 && i < faults.size(); ++i) text += "\n  " + faults[i];
  return text;
}

}  // namespace

std::unique_ptr<CLI::App> BuildCommandLine(Environment& environment) {
  auto app = std::make_unique<CLI::App>(kDescription, "ordermesh");
  // Settings may stand before or behind the command.
  app->fallthrough();
  app->require_subcommand(1);
  app->footer(kFooter);
  AddSettings(*app, environment);
  AddImport(*app, environment);
  AddSubmit(*app, environment);
  AddOrders(*app, environment);
  AddErrors(*app, environment);
  AddAudit(*app, environment);
  AddBackup(*app, environment);
  AddHealth(*app, environment);
  AddPartners(*app, environment);
  AddProfile(*app, environment);
  AddValidate(*app, environment);
  AddMapping(*app, environment);
  AddCompletion(*app, environment);
  return app;
}

int RunProgram(Environment& environment, std::vector<std::string> arguments) {
  const std::unique_ptr<CLI::App> app = BuildCommandLine(environment);
  // CLI11 takes them in reverse order and reports by exceptions; none leaves this function.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app->parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app->exit(error, environment.out, environment.err) == 0 ? kDone : kUsage;
  }
  const absl::Status complete = client::CompleteFlags(*app, environment.connection);
  const absl::StatusOr<ExitCode> code = complete.ok() ? environment.command() : complete;
  environment.out.flush();
  if (code.ok()) return *code;
  environment.err << "ordermesh: " << Explain(environment, code.status()) << "\n";
  return ExitCodeOf(code.status());
}

}  // namespace ordermesh::cli
