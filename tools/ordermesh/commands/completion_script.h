// Scripts for shells that complete a command line, made from the tree of commands itself.
#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace ordermesh::cli {

// For bash and, by its compatibility layer, for zsh.
std::string BashCompletion(const CLI::App& app);
std::string ZshCompletion(const CLI::App& app);
std::string FishCompletion(const CLI::App& app);

}  // namespace ordermesh::cli
