// Runs programs from tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace ordermesh::testing {

// How a program ended.
struct ProcessResult {
  // Its exit code; 128 + signal where a signal ended it.
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs `argv` with the environment of this process and `environment` on top, stdin closed, and waits for its end. A
// program that is still running after `limit` is killed.
ProcessResult RunProcess(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment,
                         absl::Duration limit = absl::Minutes(5));

// The content of a file; empty where it cannot be read.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& content);

}  // namespace ordermesh::testing
