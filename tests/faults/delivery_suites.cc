// Clients that behave oddly: everything several times and shuffled (R9), followers that do not read (R12).
#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "tests/faults/scene.h"

namespace ordermesh::faults {
namespace {

using order::v1::OrderService;

constexpr int kMaxDeliveries = 5;
constexpr int kFollowers = 10;
constexpr int kRate = 3'000;
// What the gateway gives a client that leaves answers unread, and some time to see it.
constexpr absl::Duration kUnreadLimit = absl::Seconds(30);
constexpr absl::Duration kSeenLimit = absl::Seconds(6);
// The buffers on the way fill up before anything is unread for the gateway: at kRate in so long.
constexpr absl::Duration kFillTime = absl::Seconds(8);
constexpr int64_t kMemoryLimitMib = 512;
// Others may wait half as long again; on a machine that is shared a few milliseconds say nothing.
constexpr double kFactor = 1.5;
constexpr double kFloorMs = 50;
constexpr double kLongestMs = 5'000;
// Rounds, where each so far looked as if the followers made orders wait.
constexpr int kMostTries = 3;

// Follows the orders from the first on, each message after a pause; or opens the stream and reads nothing.
class Follower {
 public:
  Follower(std::shared_ptr<grpc::Channel> channel, absl::Duration pause)
      : stub_(OrderService::NewStub(std::move(channel))) {
    stream_ = stub_->WatchOrders(&context_, {});
    if (pause == absl::InfiniteDuration()) return;
    thread_ = std::thread([this, pause] {
      order::v1::WatchOrdersResponse response;
      while (stream_->Read(&response)) {
        if (pause > absl::ZeroDuration()) absl::SleepFor(pause);
      }
    });
  }
  ~Follower() {
    context_.TryCancel();
    if (thread_.joinable()) thread_.join();
    if (!finished_) stream_->Finish();
  }

  // Of one that has read nothing: what it is told once it reads at last. CANCELLED where nobody has cut it off.
  grpc::Status ReadAtLast() {
    std::atomic<bool> ended{false};
    std::thread impatient([&] {
      WaitFor(kSeenLimit, [&ended] { return ended.load(); });
      if (!ended) context_.TryCancel();
    });
    order::v1::WatchOrdersResponse response;
    while (stream_->Read(&response)) {
    }
    ended = true;
    impatient.join();
    finished_ = true;
    return stream_->Finish();
  }

 private:
  std::unique_ptr<OrderService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<order::v1::WatchOrdersResponse>> stream_;
  std::thread thread_;
  bool finished_ = false;
};

// What orders waited during some seconds.
struct Waits {
  // Of the p99 of each second, the median: what else the machine does for a second or two says nothing about followers,
  // and followers that make others wait do so all the time.
  double p99_ms = 0;
  double longest_ms = 0;
};

Waits WaitsOf(crash::Client& client, absl::Duration time) {
  Waits waits;
  std::vector<float> p99s;
  client.TakeLatencies();
  for (const absl::Time end = absl::Now() + time; absl::Now() < end;) {
    absl::SleepFor(absl::Seconds(1));
    const std::vector<float> second = client.TakeLatencies();
    p99s.push_back(second.empty() ? HUGE_VALF : static_cast<float>(Quantile(second, 990)));
    for (const float ms : second) waits.longest_ms = std::max(waits.longest_ms, static_cast<double>(ms));
  }
  waits.p99_ms = Quantile(std::move(p99s), 500);
  return waits;
}

}  // namespace

absl::Status RunDeliveries(const SuiteOptions& options, Outcome& outcome) {
  crash::TrialOptions trial;
  trial.client.max_deliveries = kMaxDeliveries;
  trial.client.duplicates_per_mille = 0;
  trial.client.streams = 8;
  trial.way = crash::TrialOptions::Way::kBoth;
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal, std::move(trial)));
  absl::SleepFor(options.length);
  const int64_t acked = outcome.acked;
  OM_RETURN_IF_ERROR(CheckScene(*scene.trial, outcome));
  const int64_t deliveries = scene.trial->client().deliveries();
  outcome.faults += deliveries;
  fmt::print("{} deliveries of {} orders that were stored\n", deliveries, outcome.acked - acked);
  outcome.Add("deliveries", deliveries);
  return absl::OkStatus();
}

absl::Status RunSlowConsumers(const SuiteOptions& options, Outcome& outcome) {
  crash::TrialOptions trial;
  trial.client.rate = kRate;
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal, std::move(trial)));
  testing::Mesh& mesh = scene.trial->mesh();
  crash::Client& client = scene.trial->client();
  std::vector<std::unique_ptr<Follower>> followers;
  for (int i = 0; i < kFollowers; ++i) {
    followers.push_back(std::make_unique<Follower>(mesh.Edge(), absl::ZeroDuration()));
  }
  const absl::Time end = absl::Now() + options.length;
  const absl::Duration fill_time = options.rate > 0 ? kFillTime * kRate / options.rate : kFillTime;
  int rounds = 0;
  int slower = 0;
  do {
    const Waits calm = WaitsOf(client, absl::Seconds(5));
    Follower slow(mesh.Edge(), absl::Seconds(1));
    Follower deaf(mesh.Edge(), absl::InfiniteDuration());
    const Waits held_up = WaitsOf(client, fill_time + kUnreadLimit);
    const grpc::Status told = deaf.ReadAtLast();
    ++outcome.faults;
    fmt::print("p99 {:.1f} ms with {} followers, {:.1f} ms with a slow and a deaf one more, which was told {} {}\n",
               calm.p99_ms, kFollowers, held_up.p99_ms, static_cast<int>(told.error_code()), told.error_message());
    std::fflush(stdout);
    outcome.Raise("calmP99Ms", calm.p99_ms);
    outcome.Raise("slowP99Ms", held_up.p99_ms);
    outcome.Raise("longestMs", held_up.longest_ms);
    ++rounds;
    if (held_up.p99_ms > std::max(calm.p99_ms * kFactor, kFloorMs)) ++slower;
    if (held_up.longest_ms > kLongestMs) outcome.Break("an order waited for seconds beside slow followers");
    if (told.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) {
      outcome.Break(absl::StrCat("a follower that reads nothing was not cut off: ", told.error_message()));
    }
    // The machine's mood may change within a round. It is not the same in every one.
  } while (absl::Now() < end || (slower == rounds && rounds < kMostTries));
  if (2 * slower > rounds) outcome.Break("slow followers made orders wait");
  followers.clear();
  for (const auto& [service, mib] : PeakMemory(mesh)) {
    outcome.Raise(absl::StrCat("peakMiB.", service), static_cast<double>(mib));
    if (mib > kMemoryLimitMib) outcome.Break(absl::StrCat("the ", service, " used ", mib, " MiB"));
  }
  return CheckScene(*scene.trial, outcome);
}

}  // namespace ordermesh::faults
