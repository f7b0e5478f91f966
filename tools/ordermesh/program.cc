#include "tools/ordermesh/program.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::cli {
namespace {

constexpr char kDescription[] =
    "ordermesh - speaks to an Ordermesh: send orders, look at orders and errors, prove the books";
constexpr char kFooter[] =
    R"(`ordermesh COMMAND --help` explains a command with examples. Tables are for people; -o json prints one JSON document.

Exit codes:
  0  done
  1  the answer is no: orders without a verdict, an audit with problems, a part not serving, a faulty mapping
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
  app.add_option("--data", environment.mesh.data, "The mesh's data folder (default .ordermesh)")
      ->envname("ORDERMESH_DATA");
  auto& overrides = environment.mesh.overrides;
  app.add_option("--feed", overrides.feed, "HOST:PORT of the feed")->envname("ORDERMESH_FEED");
  app.add_option("--validation", overrides.validation, "HOST:PORT of the validation")->envname("ORDERMESH_VALIDATION");
  app.add_option("--order-store", overrides.order_stores, "HOST:PORT of each order-store, shard 0 first, with commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->envname("ORDERMESH_ORDER_STORE");
  app.add_option("--error-store", overrides.error_stores, "HOST:PORT of each error-store, shard 0 first, with commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->envname("ORDERMESH_ERROR_STORE");
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
  AddHealth(*app, environment);
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
  const auto code = environment.command();
  environment.out.flush();
  if (code.ok()) return *code;
  environment.err << "ordermesh: " << code.status().message() << "\n";
  return ExitCodeOf(code.status());
}

}  // namespace ordermesh::cli
