// The program `ordermesh`: its command line and how it ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {

// The whole tree of commands. `environment` must outlive it.
std::unique_ptr<CLI::App> BuildCommandLine(Environment& environment);

// Parses the arguments (without the program's name), runs the command and returns the exit code. Errors go to
// environment.err with what to do next.
int RunProgram(Environment& environment, std::vector<std::string> arguments);

}  // namespace ordermesh::cli
