#include <memory>
#include <string>

#include "tools/ordermesh/commands/completion_script.h"
#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {

void AddCompletion(CLI::App& app, Environment& environment) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completion = app.add_subcommand("completion", "Print a script that completes command lines in a shell");
  completion->add_option("shell", *shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer("Examples:\n  source <(ordermesh completion bash)\n  ordermesh completion fish | source\n");
  completion->callback([&app, &environment, shell] {
    environment.command = [&app, &environment, shell]() -> absl::StatusOr<ExitCode> {
      environment.out << (*shell == "fish"  ? FishCompletion(app)
                          : *shell == "zsh" ? ZshCompletion(app)
                                            : BashCompletion(app));
      return kDone;
    };
  });
}

}  // namespace ordermesh::cli
