// The program `ordermesh-bench`.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/bench/load.h"
#include "tools/bench/reads.h"
#include "tools/bench/target.h"

namespace ordermesh::bench {

// The command line.
struct Settings {
  TargetOptions target;
  LoadOptions load;
  MakerOptions maker;
  // Nothing is sent then.
  std::optional<ReadOptions> read;
  bool json = false;
};

// Parses the arguments (without the program's name). `now` and `random` make the run's ids where no --seed is given.
// Where the result is not a value, *exit_code and what was written say why (help, or wrong usage).
std::optional<Settings> ParseArguments(std::vector<std::string> arguments, const client::ConnectionFlags& environment,
                                       absl::Time now, uint64_t random, std::ostream& out, std::ostream& err,
                                       int* exit_code);

// Runs the program and returns its exit code: 0 where every order of a closed loop got a verdict. `environment` is what
// it gives of the connection.
int RunProgram(std::vector<std::string> arguments, const client::ConnectionFlags& environment, std::ostream& out,
               std::ostream& err);

}  // namespace ordermesh::bench
