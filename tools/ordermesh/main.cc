#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "tools/ordermesh/program.h"

int main(int argc, char** argv) {
  ordermesh::cli::Environment environment(std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
  ordermesh::client::ReadEnvironment(environment.connection);
  std::error_code error;
  environment.program = std::filesystem::read_symlink("/proc/self/exe", error);
  return ordermesh::cli::RunProgram(environment, {argv + 1, argv + argc});
}
