// The fault suites: what is done to a running mesh, for how long, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/crash/trial.h"
#include "tests/faults/disk.h"

namespace ordermesh::faults {

struct SuiteOptions {
  uint64_t seed = 0;
  // How long faults go on; the check of the promises comes on top.
  absl::Duration length;
  // True for the long form: stalls and cuts last as long as they may outside.
  bool is_long = false;
  // Orders a second; 0: the suite's own.
  int rate = 0;
  // Orders that are stored before recovery is timed; 0: the suite's own.
  uint64_t orders = 0;
  // One of the suite's planted bugs: a promise must then be seen broken.
  std::string planted_bug;
  // The library of disk_faults.cc.
  std::string library;
};

// Of one or more rounds of a suite.
struct Outcome {
  // How many faults were made.
  int64_t faults = 0;
  int64_t acked = 0;
  // K1, K3 and K5 of docs/ARCHITECTURE.md, by how often they were broken; the others are in `broken`.
  int64_t lost = 0;
  int64_t duplicated = 0;
  int64_t holes = 0;
  // Every promise that was broken, in words.
  std::vector<std::string> broken;
  // What was measured, by name.
  nlohmann::ordered_json figures = nlohmann::ordered_json::object();

  bool held() const { return broken.empty(); }
  // Says at once, and keeps, that a promise was broken.
  void Break(const std::string& what);
  // The figure becomes `value` where that is higher (or new).
  void Raise(const std::string& figure, double value);
  void Add(const std::string& figure, int64_t count);
};

struct Suite {
  const char* name;
  // Its row in docs/reliability.md.
  const char* row;
  const char* promise;
  // How long faults go on in the short form: each kind comes to its turn.
  absl::Duration short_length;
  // What --planted_bug may be.
  std::vector<std::string> planted_bugs;
  // A round: a mesh of its own. An error is one of the run itself.
  absl::Status (*run)(const SuiteOptions& options, Outcome& outcome);
};

const std::vector<Suite>& Suites();

absl::Status RunPowerCut(const SuiteOptions& options, Outcome& outcome);
absl::Status RunFailingSync(const SuiteOptions& options, Outcome& outcome);
absl::Status RunFailingDisk(const SuiteOptions& options, Outcome& outcome);
absl::Status RunFullDisk(const SuiteOptions& options, Outcome& outcome);
absl::Status RunSlowDisk(const SuiteOptions& options, Outcome& outcome);
absl::Status RunRecovery(const SuiteOptions& options, Outcome& outcome);
absl::Status RunPartitions(const SuiteOptions& options, Outcome& outcome);
absl::Status RunDeliveries(const SuiteOptions& options, Outcome& outcome);
absl::Status RunSlowConsumers(const SuiteOptions& options, Outcome& outcome);
absl::Status RunCorruption(const SuiteOptions& options, Outcome& outcome);

}  // namespace ordermesh::faults
