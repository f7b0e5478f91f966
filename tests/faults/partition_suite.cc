// Networks that break between services (R8).
#include <array>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "services/common/base/errors.h"
#include "tests/faults/proxy.h"
#include "tests/faults/scene.h"

namespace ordermesh::faults {
namespace {

// A connection that went silent is found dead by keepalive: 10 s, and 5 s more without an answer.
constexpr absl::Duration kBackWithin = absl::Seconds(30);

// A service with the proxy through which all its callers go.
struct Hop {
  const char* service;
  const char* variable;
  std::unique_ptr<Proxy> proxy;
};

enum class Cut { kPartition, kAnswersLost, kRequestsLost, kReset, kHalfClose, kDelay };
constexpr std::array<const char*, 6> kCutNames = {"partition", "answers lost", "requests lost",
                                                  "reset",     "half-close",   "delay"};

void Begin(Cut cut, Proxy& proxy) {
  switch (cut) {
    case Cut::kPartition:
      return proxy.Set(Network::kPartition);
    case Cut::kAnswersLost:
      return proxy.Set(Network::kAnswersLost);
    case Cut::kRequestsLost:
      return proxy.Set(Network::kRequestsLost);
    case Cut::kReset:
      return proxy.Reset();
    case Cut::kHalfClose:
      return proxy.HalfClose();
    case Cut::kDelay:
      return proxy.Delay(absl::Milliseconds(150));
  }
}

// What was held comes through, or never: a connection may also be gone when the network is back.
void End(Proxy& proxy, bool lose) {
  if (lose) proxy.Reset();
  proxy.Set(Network::kWhole);
  proxy.Delay(absl::ZeroDuration());
}

std::vector<Hop> MakeHops(int http_port) {
  std::vector<Hop> hops;
  for (const auto& [service, variable] : {std::pair{testing::kOrderStore, "ORDERMESH_ORDER_STORE_REACHED_AT"},
                                          std::pair{testing::kErrorStore, "ORDERMESH_ERROR_STORE_REACHED_AT"},
                                          std::pair{testing::kValidation, "ORDERMESH_VALIDATION_REACHED_AT"},
                                          std::pair{testing::kFeed, "ORDERMESH_FEED_REACHED_AT"}}) {
    hops.push_back({service, variable, std::make_unique<Proxy>(testing::Mesh::GrpcPort(http_port, service))});
  }
  return hops;
}

}  // namespace

absl::Status RunPartitions(const SuiteOptions& options, Outcome& outcome) {
  const int http_port = testing::Mesh::FreePorts();
  std::vector<Hop> hops = MakeHops(http_port);
  crash::TrialOptions trial;
  trial.environment["ORDERMESH_HTTP_PORT"] = absl::StrCat(http_port);
  for (const Hop& hop : hops) trial.environment[hop.variable] = absl::StrCat("127.0.0.1:", hop.proxy->port());
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal, std::move(trial)));
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> cut_for(0.1, options.is_long ? 30.0 : 3.0);
  std::uniform_real_distribution<double> pause(0.1, 1.0);
  for (const absl::Time end = absl::Now() + options.length; absl::Now() < end;) {
    absl::SleepFor(absl::Seconds(pause(random)));
    Hop& hop = hops[random() % hops.size()];
    const auto cut = static_cast<Cut>(random() % kCutNames.size());
    const bool lose = random() % 2 == 0;
    const absl::Duration time = absl::Seconds(cut_for(random));
    Begin(cut, *hop.proxy);
    absl::SleepFor(cut == Cut::kReset ? absl::ZeroDuration() : time);
    End(*hop.proxy, lose);
    const auto back = WaitForVerdicts(scene.trial->client(), kBackWithin);
    ++outcome.faults;
    if (!back) {
      outcome.Break(
          absl::StrCat("no orders flow 30 s after ", kCutNames[static_cast<size_t>(cut)], " before the ", hop.service));
      break;
    }
    outcome.Raise("slowestReturnSeconds", absl::ToDoubleSeconds(*back));
    fmt::print("{:3}: {} before the {} for {}: back after {}\n", outcome.faults, kCutNames[static_cast<size_t>(cut)],
               hop.service, absl::FormatDuration(absl::Trunc(time, absl::Milliseconds(1))),
               absl::FormatDuration(*back));
    std::fflush(stdout);
  }
  for (Hop& hop : hops) End(*hop.proxy, /*lose=*/true);
  return CheckScene(*scene.trial, outcome);
}

}  // namespace ordermesh::faults
