// ordermesh-sim: the real stores under simulated disks, networks, clocks and deaths, one seed a run.
// Exit code 0: every promise held (with --planted_bug: one was seen broken). 1: the opposite, or a point that should be
// met sometimes never was.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/time/clock.h"
#include "fmt/core.h"
#include "tests/sim/mark_file.h"
#include "tests/sim/runner.h"

namespace ordermesh::sim {
namespace {

// Enough for every point to be met.
constexpr uint64_t kDefaultSeeds = 1'000;

struct Options {
  uint64_t seeds = 0;
  uint64_t seed = 0;
  std::string planted_bug;
  bool verbose = false;
  int jobs = 0;
};

// One seed, told in full.
int RunOne(const Options& options, Plant plant) {
  const MarkFolder folder;
  const Outcome outcome = Simulate(options.seed, plant, folder.path(), options.verbose);
  std::fputs(outcome.trace.c_str(), stdout);
  fmt::print("seed {}: {} ops, {} orders, {} deaths, history {:016x}: {}\n", options.seed, outcome.ops, outcome.orders,
             outcome.deaths, outcome.hash, outcome.broken.empty() ? "every promise held" : outcome.broken);
  return outcome.broken.empty() == (plant == Plant::kNone) ? 0 : 1;
}

int RunMany(const Options& options, Plant plant) {
  RunOptions run;
  run.first_seed = options.seed;
  run.seeds = options.seeds;
  run.plant = plant;
  run.jobs = options.jobs;
  const absl::Time start = absl::Now();
  const Summary summary = RunSeeds(run);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  if (summary.broken_seed.has_value()) {
    fmt::print("seed {} broke {}\n", *summary.broken_seed, summary.broken);
    fmt::print("again, with everything that happened: tools/test sim --seed {} --verbose{}\n", *summary.broken_seed,
               options.planted_bug.empty() ? "" : " --planted_bug " + options.planted_bug);
  }
  const std::vector<std::string> missed = summary.coverage.Missed();
  const bool all_points = options.seeds >= kDefaultSeeds && plant == Plant::kNone && !summary.broken_seed.has_value();
  for (const std::string& name : missed) {
    if (all_points) fmt::print("never met: {}\n", name);
  }
  if (options.verbose) {
    for (size_t i = 0; i < kPoints; ++i) {
      const auto point = static_cast<Point>(i);
      fmt::print("{:>9} {}\n", summary.coverage.hits(point), NameOf(point));
    }
  }
  fmt::print("{} seeds from {}, {} ops, {} orders, {} deaths, {} of {} points met, {:.1f} s: {}\n", summary.seeds,
             options.seed, summary.ops, summary.orders, summary.deaths, kPoints - missed.size(), kPoints, seconds,
             summary.broken_seed.has_value() ? "a promise was broken" : "every promise held");
  if (summary.broken_seed.has_value() != (plant != Plant::kNone)) return 1;
  return all_points && !missed.empty() ? 1 : 0;
}

int Main(int argc, char** argv) {
  CLI::App app("Simulates the order core: one thread, one seed, every fault.", "ordermesh-sim");
  Options options;
  app.add_option("--seeds", options.seeds, "How many seeds; with --seed the default is that one, otherwise 1,000")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "The first seed; the default is 1");
  app.add_option("--planted_bug", options.planted_bug, "A bug that must be found")->check(CLI::IsMember([] {
    std::vector<std::string> names;
    for (const auto& [name, plant] : Plants()) names.push_back(name);
    return names;
  }()));
  app.add_flag("--verbose", options.verbose,
               "Tell everything that happens (one seed), or how often each point was met");
  app.add_option("--jobs", options.jobs, "Simulations at a time; the default is one a processor");
  CLI11_PARSE(app, argc, argv);
  if (options.jobs <= 0) options.jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const Plant plant = options.planted_bug.empty() ? Plant::kNone : Plants().at(options.planted_bug);
  const bool one = options.seeds == 1 || (options.seeds == 0 && app.count("--seed") > 0);
  if (options.seeds == 0) options.seeds = kDefaultSeeds;
  if (app.count("--seed") == 0) options.seed = 1;
  return one ? RunOne(options, plant) : RunMany(options, plant);
}

}  // namespace
}  // namespace ordermesh::sim

int main(int argc, char** argv) { return ordermesh::sim::Main(argc, argv); }
