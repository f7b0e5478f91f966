// ordermesh-steady: load that goes on while things are done to the mesh, and the check of every promise afterwards.
//   run: one line of JSON a second. Exit code 0: every order got a verdict in the end. 1: it did not. 2: bad settings.
//   verify: one line of JSON. Exit code 0: every promise held. 1: one was broken. 2: the stores could not be read.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/tls.h"
#include "tests/crash/checker.h"
#include "tests/crash/steady.h"
#include "tests/crash/summary.h"
#include "tests/crash/verify.h"

namespace ordermesh::crash {
namespace {

// Of a call with all its retries: longer than the longest fault, so that a call that fails was given up by the mesh and
// not by its caller's patience.
constexpr std::chrono::milliseconds kCallTimeout{60'000};

struct Options {
  SteadyOptions load;
  std::string api_key_file;
  std::string history;
  std::string ca_file;
  int seconds = 0;
  uint64_t seed = 0;
  int settle_seconds = 120;
  std::string operator_address;
  std::string token_file;
};

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::ostringstream text;
  text << file.rdbuf();
  return std::string(absl::StripAsciiWhitespace(text.str()));
}

void Print(const nlohmann::ordered_json& line) {
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

int64_t Millis(absl::Duration duration) { return absl::ToInt64Milliseconds(duration); }

nlohmann::ordered_json LineOf(const SteadySample& sample) {
  return {{"t", absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch())},
          {"sent", sample.sent},
          {"acked", sample.acked},
          {"inFlight", sample.in_flight},
          {"oldestUnackedMs", Millis(sample.oldest_unacked)},
          {"longestAckGapMs", Millis(sample.longest_ack_gap)},
          {"failed", sample.failed},
          {"retried", sample.retried}};
}

// Both are blocked from the start, in every thread.
sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Prints until a signal comes or the time is over.
void Watch(const Options& options, Steady& steady, HistoryWriter& history) {
  const sigset_t set = StopSignals();
  const absl::Time start = absl::Now();
  for (int second = 1; options.seconds == 0 || second <= options.seconds; ++second) {
    const absl::Duration pause = std::max(start + absl::Seconds(second) - absl::Now(), absl::ZeroDuration());
    const timespec wait = absl::ToTimespec(pause);
    const bool stopped = sigtimedwait(&set, nullptr, &wait) > 0;
    history.Flush();
    Print(LineOf(steady.Sample()));
    if (stopped) return;
  }
}

absl::StatusOr<bool> Run(Options options) {
  OM_ASSIGN_OR_RETURN(options.load.client.api_key, ReadText(options.api_key_file));
  if (!options.ca_file.empty()) {
    options.load.client.tls = true;
    OM_ASSIGN_OR_RETURN(options.load.client.root_certificates, ReadText(options.ca_file));
  }
  options.load.client.timeout = kCallTimeout;
  const Workload workload(options.seed);
  OM_ASSIGN_OR_RETURN(auto history, HistoryWriter::Create(options.history, options.seed));
  Steady steady(workload, options.load, *history);
  steady.Start();
  Watch(options, steady, *history);
  const absl::Status settled = steady.Finish(absl::Seconds(options.settle_seconds));
  history->Flush();
  nlohmann::ordered_json last = LineOf(steady.Sample());
  last["final"] = true;
  last["settled"] = settled.ok();
  last["failures"] = steady.failures();
  Print(last);
  return settled.ok();
}

absl::StatusOr<bool> Verify(const Options& options) {
  OM_ASSIGN_OR_RETURN(const std::string token, ReadText(options.token_file));
  rpc::ChannelOptions channel;
  if (!options.ca_file.empty()) channel.credentials = rpc::EdgeCredentials(options.ca_file);
  channel.metadata.emplace_back("authorization", "Bearer " + token);
  OM_ASSIGN_OR_RETURN(const auto reader, HistoryReader::Open(options.history));
  const Workload workload(reader->seed());
  Checker checker(workload, /*alone=*/false);
  OM_RETURN_IF_ERROR(ReadHistory(options.history, checker));
  OM_RETURN_IF_ERROR(ReadStores(rpc::ConnectTo(options.operator_address, channel), checker));
  checker.Finish();
  Print(SummaryOf(checker));
  return checker.ok();
}

void AddRun(CLI::App& app, Options& options) {
  app.add_option("--address", options.load.client.address, "HOST:PORT of the partners' gRPC")->required();
  app.add_option("--api_key_file", options.api_key_file, "The partner's key")->required();
  app.add_option("--partner", options.load.partner, "Whose orders")->check(CLI::IsMember({"partner-a", "partner-b"}));
  app.add_option("--rate", options.load.rate, "Orders a second")->check(CLI::Range(1, 100'000));
  app.add_option("--streams", options.load.streams, "Streams of orders")->check(CLI::Range(1, 64));
  app.add_option("--history", options.history, "Where to write what is seen")->required();
  app.add_option("--tls_ca", options.ca_file, "TLS, with these roots (PEM)");
  app.add_option("--seconds", options.seconds, "How long; 0 means until SIGTERM")->check(CLI::Range(0, 1'000'000));
  app.add_option("--seed", options.seed, "Which orders; by chance where not given");
  app.add_option("--settle_seconds", options.settle_seconds, "How long the last verdicts may take")
      ->check(CLI::Range(1, 3'600));
}

void AddVerify(CLI::App& app, Options& options) {
  app.add_option("--history", options.history, "What `run` wrote")->required();
  app.add_option("--operator", options.operator_address, "HOST:PORT of the operators' gRPC")->required();
  app.add_option("--token_file", options.token_file, "An operator's token")->required();
  app.add_option("--tls_ca", options.ca_file, "TLS, with these roots (PEM)");
}

int Main(int argc, char** argv) {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  Options options;
  options.seed = std::random_device()();
  CLI::App app("Steady load through the edge with the client package's own retries, and the check of every promise.");
  app.require_subcommand(1);
  auto* run = app.add_subcommand("run", "Send until SIGTERM");
  AddRun(*run, options);
  auto* verify = app.add_subcommand("verify", "Compare a history with the stores");
  AddVerify(*verify, options);
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<bool> held = run->parsed() ? Run(options) : Verify(options);
  if (!held.ok()) {
    std::fprintf(stderr, "ordermesh-steady: %s\n", held.status().ToString().c_str());
    return 2;
  }
  return *held ? 0 : 1;
}

}  // namespace
}  // namespace ordermesh::crash

int main(int argc, char** argv) { return ordermesh::crash::Main(argc, argv); }
