// ordermesh-crash: kills processes of a running mesh under load and checks every promise afterwards.
// Exit code 0: every promise held (with --planted_bug: one was seen broken). 1: the opposite. 2: the run itself failed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tests/crash/checker.h"
#include "tests/crash/client.h"
#include "tests/crash/verify.h"
#include "tests/support/mesh.h"

namespace ordermesh::crash {
namespace {

using testing::Mesh;

struct Options {
  int kills = 10;
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

constexpr absl::Duration kSettleLimit = absl::Minutes(2);
// How many orders are asked for again at the end, with the same and with other content.
constexpr int kAskedAgain = 2'000;
constexpr int kAltered = 300;

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

void KillAtRandom(const Options& options, Mesh& mesh, const Client& client) {
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> pause(0.2, 3.0);
  for (int done = 0; done < options.kills;) {
    absl::SleepFor(absl::Seconds(pause(random)));
    const std::string victim = Victim(options, random);
    if (options.flip_record_version) SetRecordVersion(1 + (done + 1) % 2);
    if (!mesh.Kill(victim)) continue;
    ++done;
    fmt::print("kill {:3} of {}: {:<11} after {} verdicts\n", done, options.kills, victim, client.verdicts());
    std::fflush(stdout);
  }
  // The last victim is met by load, too.
  absl::SleepFor(absl::Seconds(1));
}

// Sends old orders again, unchanged and altered: what was said once must be said for ever.
absl::Status AskAgain(const Options& options, const Workload& workload, Client& client) {
  std::mt19937_64 random(options.seed + 1);
  std::vector<Sending> same;
  std::vector<Sending> altered;
  for (int i = 0; i < kAskedAgain; ++i) same.push_back({random() % client.numbers(), false});
  while (altered.size() < kAltered) {
    const uint64_t number = random() % client.numbers();
    if (workload.IsValid(number)) altered.push_back({number, true});
  }
  OM_RETURN_IF_ERROR(client.SendAgain(std::move(same), kSettleLimit));
  return client.SendAgain(std::move(altered), kSettleLimit);
}

absl::Status CheckParked(Mesh& mesh, const Workload& workload, uint64_t number, Checker& checker) {
  const Uuid id = checker.ErrorIdOf(number);
  if (id.IsZero()) {
    checker.Report(Promise::kUnknowns, "the poison order was not rejected");
    return absl::OkStatus();
  }
  auto errors = error::v1::ErrorService::NewStub(mesh.Edge());
  grpc::ClientContext context;
  error::v1::GetErrorRequest request;
  request.set_id(id.ToString());
  error::v1::OrderError parked;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(errors->GetError(&context, request, &parked)));
  if (parked.violations_size() != 1 || parked.violations(0).code() != common::v1::Violation::POISON) {
    checker.Report(Promise::kStableVerdict,
                   absl::StrCat("the poison order was not parked: ", parked.ShortDebugString()));
  }
  if (parked.raw_payload() != workload.Input(number).raw_payload()) {
    checker.Report(Promise::kDurable, "the payload of the poison order is not the one sent");
  }
  return absl::OkStatus();
}

absl::Status CheckAll(const Options& options, const Workload& workload, uint64_t numbers, Mesh& mesh,
                      Checker& checker) {
  OM_RETURN_IF_ERROR(mesh.WaitHealthy());
  OM_RETURN_IF_ERROR(ReadHistory(options.history, checker));
  OM_RETURN_IF_ERROR(ReadStores(mesh.Edge(), checker));
  OM_RETURN_IF_ERROR(CompareStats(mesh.Edge(), checker));
  checker.Finish();
  OM_RETURN_IF_ERROR(AuditStores(mesh.Edge(), checker));
  // A prime, so that every shape is met.
  const uint64_t stride = std::max<uint64_t>(1, numbers / 5'000) | 1;
  return ReadSingly(mesh.Edge(), workload, numbers, stride, checker);
}

void PrintReport(const Client& client, const Checker& checker, absl::Duration loaded) {
  const CheckSummary& summary = checker.summary();
  fmt::print("{} orders sent, {} stored and acknowledged, {} rejected, {} unknown on the way; {} rows, {} errors\n",
             summary.sent, summary.acknowledged, summary.rejected, summary.unknowns, summary.stored, summary.errors);
  fmt::print("{:.0f} verdicts/s over {:.0f} s, outages included; {} streams broke\n",
             static_cast<double>(client.verdicts()) / absl::ToDoubleSeconds(loaded), absl::ToDoubleSeconds(loaded),
             client.broken_streams());
  for (const Broken& broken : checker.broken()) fmt::print("BROKEN {}: {}\n", PromiseName(broken.promise), broken.what);
  for (const auto& [promise, count] : checker.counts()) fmt::print("{} broken {} times\n", PromiseName(promise), count);
}

void Load(const Options& options, Mesh& mesh, Client& client) {
  client.Start();
  if (options.poison_among == 0) {
    KillAtRandom(options, mesh, client);
    return;
  }
  while (!client.exhausted() && client.fault().empty()) absl::SleepFor(absl::Milliseconds(20));
}

absl::StatusOr<bool> Run(Options options) {
  OM_ASSIGN_OR_RETURN(auto mesh, Mesh::Start(EnvironmentOf(options)));
  // Beside the folders of the services, not in them: no fault may touch it.
  if (options.history.empty()) options.history = mesh->data() + ".history";
  const uint64_t poison = options.poison_among / 2 / 10 * 10 + 8;
  const Workload workload(options.seed, options.poison_among > 0 ? std::optional(poison) : std::nullopt);
  OM_ASSIGN_OR_RETURN(auto history, HistoryWriter::Create(options.history, options.seed));
  ClientOptions client_options{.streams = options.streams, .rate = options.rate};
  if (options.poison_among > 0) client_options.last_number = options.poison_among - 1;
  const auto connect = [&mesh, &options] { return options.direct ? mesh->Direct(testing::kFeed) : mesh->Edge(); };
  Client client(workload, client_options, connect, *history);
  const absl::Time start = absl::Now();
  Load(options, *mesh, client);
  absl::Status settled = client.Finish(kSettleLimit);
  const absl::Duration loaded = absl::Now() - start;
  Checker checker(workload);
  if (settled.ok() && options.poison_among == 0) settled = AskAgain(options, workload, client);
  if (!settled.ok()) checker.Report(Promise::kUnknowns, settled.ToString());
  history->Flush();
  const uint64_t numbers = std::min(client.numbers(), client_options.last_number);
  OM_RETURN_IF_ERROR(CheckAll(options, workload, numbers, *mesh, checker));
  if (options.poison_among > 0) OM_RETURN_IF_ERROR(CheckParked(*mesh, workload, poison, checker));
  PrintReport(client, checker, loaded);
  if (checker.ok()) {
    std::remove(options.history.c_str());
  } else if (options.planted_bug.empty()) {
    mesh->Keep();
    fmt::print("kept: {} and {}\n", options.history, mesh->data());
  }
  return checker.ok();
}

int Main(int argc, char** argv) {
  Options options;
  options.seed = std::random_device()();
  CLI::App app("Kills processes of the mesh under load and checks every promise afterwards.");
  app.add_option("--kills", options.kills, "How many processes are killed")->check(CLI::Range(1, 100'000));
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
  CLI11_PARSE(app, argc, argv);
  fmt::print("seed {}\n", options.seed);
  const absl::StatusOr<bool> held = Run(options);
  if (options.flip_record_version) std::remove(SettingsFile().c_str());
  if (!held.ok()) {
    fmt::print("the run failed: {}\n", held.status().ToString());
    return 2;
  }
  const bool wanted = options.planted_bug.empty();
  fmt::print("{} (seed {})\n", *held ? "every promise held" : "a promise was broken", options.seed);
  return *held == wanted ? 0 : 1;
}

}  // namespace
}  // namespace ordermesh::crash

int main(int argc, char** argv) { return ordermesh::crash::Main(argc, argv); }
