// ordermesh-crash: kills processes of a running mesh under load and checks every promise afterwards.
// Exit code 0: every promise held (with --planted_bug: one was seen broken). 1: the opposite. 2: the run itself failed.
// The last line of output is {"kills", "acked", "lost", "duplicated", "holes", "seed"}.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tests/crash/summary.h"
#include "tests/crash/trial.h"

namespace ordermesh::crash {
namespace {

using testing::Mesh;

struct Options {
  int kills = 10;
  // A mesh of its own for each so many kills: what is checked at once fits in memory.
  int round = 100;
  uint64_t seed = 0;
  int rate = 25'000;
  int streams = 4;
  // Of the order-store: the checker must then see a promise broken.
  std::string planted_bug;
  // Sends this many orders with one poison among them and kills nothing; 0 means the kills.
  uint64_t poison_among = 0;
  // Straight to the feed instead of through the gateway.
  bool direct = false;
  // A library that is preloaded into every process of the mesh.
  std::string preload;
  std::string history;
  // The order-store starts again with the other version of rows after each kill.
  bool flip_record_version = false;
};

// Over all rounds.
struct Totals {
  int kills = 0;
  int64_t acked = 0;
  int64_t lost = 0;
  int64_t duplicated = 0;
  int64_t holes = 0;
  bool held = true;
};

// A victim that is being started is waited for: which processes die depends on the seed alone.
constexpr absl::Duration kVictimLimit = absl::Seconds(60);

// Settings of the order-store that change while its supervisor runs.
std::string SettingsFile() { return absl::StrCat("/tmp/ordermesh-crash-", getpid(), ".toml"); }

void SetRecordVersion(int version) {
  testing::WriteFile(SettingsFile(), absl::StrCat("record_version=", version, "\n"));
}

std::map<std::string, std::string> EnvironmentOf(const Options& options) {
  std::map<std::string, std::string> environment;
  if (options.flip_record_version) {
    SetRecordVersion(1);
    environment["ORDERMESH_ORDER_STORE_FLAGS"] = absl::StrCat("--config_file ", SettingsFile());
  }
  if (!options.planted_bug.empty()) {
    environment["ORDERMESH_ORDER_STORE_FLAGS"] = absl::StrCat("--test_faults --test_fault=", options.planted_bug);
  }
  if (!options.preload.empty()) environment["LD_PRELOAD"] = options.preload;
  if (options.poison_among > 0) {
    environment["ORDERMESH_VALIDATION_FLAGS"] = absl::StrCat("--test_faults --test_crash_on=", Workload::kPoisonMark);
  }
  return environment;
}

// The stores are hit most: they have most to lose. A planted bug is the order-store's. What holds no orders is hit
// least.
std::string Victim(const Options& options, std::mt19937_64& random) {
  if (!options.planted_bug.empty() || options.flip_record_version) return testing::kOrderStore;
  const char* const victims[] = {testing::kOrderStore, testing::kOrderStore, testing::kOrderStore, testing::kOrderStore,
                                 testing::kErrorStore, testing::kErrorStore, testing::kValidation, testing::kValidation,
                                 testing::kFeed,       testing::kFeed,       testing::kPartners,   testing::kGateway};
  return victims[random() % std::size(victims)];
}

absl::Status KillWhenRunning(Mesh& mesh, const std::string& victim) {
  const absl::Time deadline = absl::Now() + kVictimLimit;
  while (!mesh.Kill(victim)) {
    if (absl::Now() > deadline) return absl::DeadlineExceededError(absl::StrCat(victim, " was not started again"));
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::OkStatus();
}

absl::Status KillAtRandom(const Options& options, int kills, uint64_t seed, Trial& trial, Totals& totals) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> pause(0.2, 3.0);
  for (int done = 0; done < kills; ++done) {
    absl::SleepFor(absl::Seconds(pause(random)));
    const std::string victim = Victim(options, random);
    if (options.flip_record_version) SetRecordVersion(1 + (done + 1) % 2);
    OM_RETURN_IF_ERROR(KillWhenRunning(trial.mesh(), victim));
    ++totals.kills;
    fmt::print("kill {:3} of {}: {:<11} after {} verdicts\n", totals.kills, options.kills, victim,
               trial.client().verdicts());
    std::fflush(stdout);
  }
  // The last victim is met by load, too.
  absl::SleepFor(absl::Seconds(1));
  return absl::OkStatus();
}

absl::Status CheckParked(Trial& trial, uint64_t number) {
  Checker& checker = trial.checker();
  const Uuid id = checker.ErrorIdOf(number);
  if (id.IsZero()) {
    checker.Report(Promise::kUnknowns, "the poison order was not rejected");
    return absl::OkStatus();
  }
  auto errors = error::v1::ErrorService::NewStub(trial.mesh().Edge());
  grpc::ClientContext context;
  error::v1::GetErrorRequest request;
  request.set_id(id.ToString());
  error::v1::OrderError parked;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(errors->GetError(&context, request, &parked)));
  if (parked.violations_size() != 1 || parked.violations(0).code() != common::v1::Violation::POISON) {
    checker.Report(Promise::kStableVerdict,
                   absl::StrCat("the poison order was not parked: ", parked.ShortDebugString()));
  }
  if (parked.raw_payload() != trial.workload().Input(number).raw_payload()) {
    checker.Report(Promise::kDurable, "the payload of the poison order is not the one sent");
  }
  return absl::OkStatus();
}

void Count(const Checker& checker, Totals& totals) {
  const auto summary = SummaryOf(checker);
  totals.acked += summary["acknowledged"].get<int64_t>();
  totals.lost += summary["lost"].get<int64_t>();
  totals.duplicated += summary["doubled"].get<int64_t>();
  totals.holes += summary["holes"].get<int64_t>();
  totals.held = totals.held && checker.ok();
}

absl::Status RunRound(const Options& options, int kills, uint64_t seed, Totals& totals) {
  const bool poisoned = options.poison_among > 0;
  TrialOptions trial_options;
  trial_options.seed = seed;
  trial_options.client.streams = options.streams;
  trial_options.client.rate = options.rate;
  trial_options.environment = EnvironmentOf(options);
  trial_options.history = options.history;
  if (options.direct) trial_options.way = TrialOptions::Way::kDirect;
  const uint64_t poison = options.poison_among / 2 / 10 * 10 + 8;
  if (poisoned) {
    trial_options.client.last_number = options.poison_among - 1;
    trial_options.poison_number = poison;
  }
  OM_ASSIGN_OR_RETURN(auto trial, Trial::Start(trial_options));
  if (!options.planted_bug.empty()) trial->Discard();
  Client& client = trial->client();
  client.Start();
  if (poisoned) {
    while (!client.exhausted() && client.fault().empty()) absl::SleepFor(absl::Milliseconds(20));
  } else {
    OM_RETURN_IF_ERROR(KillAtRandom(options, kills, seed, *trial, totals));
  }
  OM_RETURN_IF_ERROR(trial->Check(/*ask_again=*/!poisoned));
  if (poisoned) OM_RETURN_IF_ERROR(CheckParked(*trial, poison));
  trial->Print();
  Count(trial->checker(), totals);
  return absl::OkStatus();
}

absl::Status Run(const Options& options, Totals& totals) {
  if (options.poison_among > 0) return RunRound(options, 0, options.seed, totals);
  for (uint64_t round = 0; totals.kills < options.kills; ++round) {
    const int kills = std::min(options.round, options.kills - totals.kills);
    OM_RETURN_IF_ERROR(RunRound(options, kills, options.seed + round, totals));
  }
  return absl::OkStatus();
}

void AddFlags(CLI::App& app, Options& options) {
  app.add_option("--kills", options.kills, "How many processes are killed")->check(CLI::Range(1, 100'000));
  app.add_option("--round", options.round, "A mesh of its own for each so many kills, with the next seed")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--seed", options.seed, "Repeats a run's orders, victims and pauses");
  app.add_option("--rate", options.rate, "Orders a second")->check(CLI::Range(1, 1'000'000));
  app.add_option("--streams", options.streams, "Streams of the client")->check(CLI::Range(1, 64));
  app.add_option("--planted_bug", options.planted_bug, "A fault of the order-store that the checker must find");
  app.add_option("--poison_among", options.poison_among,
                 "Sends this many orders, one of them poison; kills nothing itself");
  app.add_flag("--direct", options.direct, "Send straight to the feed, as the gateway does");
  app.add_option("--preload", options.preload, "A library that is preloaded into every process of the mesh");
  app.add_flag("--flip_record_version", options.flip_record_version,
               "The order-store changes the version of its rows with its restarts");
  app.add_option("--history", options.history, "Where the client's history is written");
}

int Main(int argc, char** argv) {
  Options options;
  options.seed = std::random_device()();
  CLI::App app("Kills processes of the mesh under load and checks every promise afterwards.");
  AddFlags(app, options);
  CLI11_PARSE(app, argc, argv);
  fmt::print("seed {}\n", options.seed);
  Totals totals;
  const absl::Status status = Run(options, totals);
  if (options.flip_record_version) std::remove(SettingsFile().c_str());
  if (!status.ok()) {
    fmt::print("the run failed: {}\n", status.ToString());
  } else {
    fmt::print("{} (seed {})\n", totals.held ? "every promise held" : "a promise was broken", options.seed);
  }
  const nlohmann::ordered_json line = {{"kills", totals.kills}, {"acked", totals.acked},
                                       {"lost", totals.lost},   {"duplicated", totals.duplicated},
                                       {"holes", totals.holes}, {"seed", options.seed}};
  fmt::print("{}\n", line.dump());
  if (!status.ok()) return 2;
  return totals.held == options.planted_bug.empty() ? 0 : 1;
}

}  // namespace
}  // namespace ordermesh::crash

int main(int argc, char** argv) { return ordermesh::crash::Main(argc, argv); }
