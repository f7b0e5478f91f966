// ordermesh-faults: hurts a running mesh in one way, again and again, under load, and checks every promise afterwards.
// Exit code 0: every promise held (with --planted_bug: one was seen broken). 1: the opposite. 2: the run itself failed.
// The last line of output is {"fault", "faults", "acked", "lost", "duplicated", "holes", "broken", "seed", "figures"}.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "tests/faults/suite.h"

namespace ordermesh::faults {
namespace {

// A mesh of its own for each so long: what is checked at once fits in memory.
constexpr absl::Duration kRound = absl::Minutes(10);

struct Flags {
  std::string fault;
  double minutes = 0;
  SuiteOptions suite;
};

const Suite* Find(const std::string& name) {
  for (const Suite& suite : Suites()) {
    if (suite.name == name) return &suite;
  }
  return nullptr;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Suite& suite : Suites()) names.emplace_back(suite.name);
  return names;
}

// One round after the other, each with the next seed, until the time is over or a promise was broken.
absl::Status Run(const Suite& suite, const Flags& flags, Outcome& outcome) {
  SuiteOptions options = flags.suite;
  options.is_long = flags.minutes > 0;
  const absl::Duration whole = options.is_long ? absl::Minutes(flags.minutes) : suite.short_length;
  const absl::Time end = absl::Now() + whole;
  for (;;) {
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration() || !outcome.held()) return absl::OkStatus();
    options.length = std::min(left, kRound);
    fmt::print("{} ({}): {} s with seed {}\n", suite.name, suite.row, absl::ToInt64Seconds(options.length),
               options.seed);
    std::fflush(stdout);
    if (const absl::Status status = suite.run(options, outcome); !status.ok()) return status;
    if (!options.is_long) return absl::OkStatus();
    ++options.seed;
  }
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  Flags flags;
  flags.suite.seed = std::random_device()();
  // Beside the programs of the same build.
  flags.suite.library = absl::StrCat(std::filesystem::canonical("/proc/self/exe").parent_path().string(),
                                     "/../tests/libordermesh-disk-faults.so");
  CLI::App app("Hurts the mesh in one way under load and checks every promise afterwards.");
  app.add_option("--fault", flags.fault, "How")->required()->check(CLI::IsMember(Names()));
  app.add_option("--minutes", flags.minutes, "The long form: so long, with the check of each ten minutes on top")
      ->check(CLI::Range(0.1, 10'000.0));
  app.add_option("--seed", flags.suite.seed, "Repeats a run's orders and choices");
  app.add_option("--rate", flags.suite.rate, "Orders a second")->check(CLI::Range(1, 1'000'000));
  app.add_option("--orders", flags.suite.orders, "Orders that are stored before recovery is timed");
  app.add_option("--planted_bug", flags.suite.planted_bug, "A bug that must be caught");
  CLI11_PARSE(app, argc, argv);
  const Suite& suite = *Find(flags.fault);
  const std::string& planted = flags.suite.planted_bug;
  if (!planted.empty() && std::count(suite.planted_bugs.begin(), suite.planted_bugs.end(), planted) == 0) {
    fmt::print(stderr, "ordermesh-faults: {} knows no planted bug {}\n", suite.name, planted);
    return 2;
  }
  Outcome outcome;
  const absl::Status status = Run(suite, flags, outcome);
  for (const std::string& what : outcome.broken) fmt::print("BROKEN {}\n", what);
  if (!status.ok()) fmt::print("the run failed: {}\n", status.ToString());
  const nlohmann::ordered_json line = {{"fault", suite.name},
                                       {"faults", outcome.faults},
                                       {"acked", outcome.acked},
                                       {"lost", outcome.lost},
                                       {"duplicated", outcome.duplicated},
                                       {"holes", outcome.holes},
                                       {"broken", outcome.broken.size()},
                                       {"seed", flags.suite.seed},
                                       {"figures", outcome.figures}};
  fmt::print("{}\n", line.dump());
  // A bug that was caught may leave a mesh with which the run cannot go on.
  const bool caught = !planted.empty() && !outcome.held();
  if (!status.ok() && !caught) return 2;
  return outcome.held() == planted.empty() ? 0 : 1;
}

}  // namespace

const std::vector<Suite>& Suites() {
  static const std::vector<Suite> suites = {
      {"power-cut",
       "R2",
       "what was acknowledged survives the loss of power",
       absl::Seconds(10),
       {"ack_before_write", "sync_does_nothing"},
       RunPowerCut},
      {"failing-sync",
       "R3",
       "a failed sync ends the process and is not acknowledged",
       absl::Seconds(10),
       {"swallow_sync_error"},
       RunFailingSync},
      {"failing-disk",
       "R4",
       "any failing operation is survived or ends in a clean start",
       absl::Seconds(12),
       {},
       RunFailingDisk},
      {"full-disk", "R5", "a full disk refuses and loses nothing", absl::Seconds(10), {}, RunFullDisk},
      {"slow-disk", "R6", "a slow disk bounds latency and memory", absl::Seconds(1), {}, RunSlowDisk},
      {"recovery", "R7", "recovery is quick", absl::Seconds(8), {}, RunRecovery},
      {"partitions", "R8", "partitions heal with nothing lost or doubled", absl::Seconds(15), {}, RunPartitions},
      {"deliveries", "R9", "duplicated and shuffled delivery is harmless", absl::Seconds(10), {}, RunDeliveries},
      {"slow-consumers", "R12", "slow consumers hurt nobody else", absl::Seconds(1), {}, RunSlowConsumers},
      {"corruption", "R13", "damaged bytes are found, never served", absl::Seconds(12), {}, RunCorruption},
  };
  return suites;
}

}  // namespace ordermesh::faults

int main(int argc, char** argv) { return ordermesh::faults::Main(argc, argv); }
