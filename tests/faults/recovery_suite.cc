// Recovery is quick (R7).
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "services/common/base/errors.h"
#include "tests/faults/scene.h"

namespace ordermesh::faults {
namespace {

constexpr absl::Duration kReadyWithin = absl::Seconds(10);
constexpr double kUsualSeconds = 5;
constexpr uint64_t kShortOrders = 200'000;
constexpr uint64_t kLongOrders = 10'000'000;
constexpr int kLoadRate = 200'000;
// So long verdicts of the killed process may still come: they were on their way. No store starts as quickly.
constexpr absl::Duration kOnTheWay = absl::Milliseconds(200);

}  // namespace

absl::Status RunRecovery(const SuiteOptions& options, Outcome& outcome) {
  const uint64_t orders = options.orders > 0 ? options.orders : (options.is_long ? kLongOrders : kShortOrders);
  crash::TrialOptions trial;
  trial.client.rate = kLoadRate;
  trial.client.window = 8'000;
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal, std::move(trial)));
  crash::Client& client = scene.trial->client();
  while (client.numbers() < orders && client.fault().empty()) absl::SleepFor(absl::Milliseconds(20));
  fmt::print("{} orders sent\n", client.numbers());
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> pause(0.5, 3.0);
  std::vector<float> outages;
  for (const absl::Time end = absl::Now() + options.length; absl::Now() < end;) {
    absl::SleepFor(absl::Seconds(pause(random)));
    KillAndWait(scene.trial->mesh(), testing::kOrderStore);
    absl::SleepFor(kOnTheWay);
    auto back = WaitForVerdicts(client, 3 * kReadyWithin);
    ++outcome.faults;
    if (back) *back += kOnTheWay;
    if (!back || *back > kReadyWithin) outcome.Break("no orders flow 10 s after a kill");
    if (!back) return absl::OkStatus();
    outages.push_back(static_cast<float>(absl::ToDoubleSeconds(*back)));
    fmt::print("kill {:3} of the order-store with {} orders: back after {}\n", outcome.faults, client.numbers(),
               absl::FormatDuration(*back));
    std::fflush(stdout);
  }
  const double usual = Quantile(outages, 990);
  outcome.Raise("outageP99Seconds", usual);
  outcome.Raise("outageP50Seconds", Quantile(outages, 500));
  outcome.Raise("orders", static_cast<double>(client.numbers()));
  if (usual > kUsualSeconds) outcome.Break(absl::StrCat("the outage after a kill took ", usual, " s at p99"));
  return CheckScene(*scene.trial, outcome);
}

}  // namespace ordermesh::faults
