// Disks that are full (R5) or slow (R6).
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "tests/faults/scene.h"

namespace ordermesh::faults {
namespace {

// What the documents promise.
constexpr absl::Duration kRefusedWithin = absl::Seconds(1);
constexpr absl::Duration kReadWithin = absl::Seconds(2);
constexpr absl::Duration kBackWithin = absl::Seconds(30);
constexpr absl::Duration kNormalWithin = absl::Seconds(10);
constexpr int64_t kMemoryLimitMib = 512;
// A latency is back to normal at three times that of before: the machine is shared.
constexpr double kNormalFactor = 3;
constexpr double kNormalFloorMs = 100;

// Reads of what is stored go on whatever the disk does to writes.
bool CanRead(testing::Mesh& mesh) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kReadWithin));
  order::v1::ListOrdersRequest request;
  request.set_page_size(5);
  order::v1::ListOrdersResponse response;
  auto orders = order::v1::OrderService::NewStub(mesh.Edge());
  return orders->ListOrders(&context, request, &response).ok() && response.orders_size() > 0;
}

// Fills the disk, looks, and makes room again. False where orders do not flow again.
bool FillOnce(Scene& scene, absl::Duration full_for, std::mt19937_64& random, Outcome& outcome) {
  crash::Client& client = scene.trial->client();
  testing::Mesh& mesh = scene.trial->mesh();
  DiskControl& disk = scene.disk->control();
  const int64_t refused_writes = disk.refused_for_space;
  const int64_t refusals = client.refusals();
  const pid_t pid = mesh.Pid(testing::kOrderStore);
  disk.room = static_cast<int64_t>(random() % (4 << 20));
  if (!WaitFor(absl::Seconds(20), [&] { return disk.refused_for_space > refused_writes; })) {
    outcome.Break("no write met the full disk");
    return false;
  }
  const auto told = WaitFor(absl::Seconds(10), [&] { return client.refusals() > refusals; });
  if (!told || *told > kRefusedWithin) outcome.Break("no RESOURCE_EXHAUSTED within 1 s of a full disk");
  if (!CanRead(mesh)) outcome.Break("a full disk stopped the reads");
  absl::SleepFor(full_for);
  if (mesh.Pid(testing::kOrderStore) != pid) outcome.Break("a full disk ended the order-store");
  scene.disk->Heal();
  const auto back = WaitForVerdicts(client, kBackWithin);
  ++outcome.faults;
  if (!back) {
    outcome.Break("no orders flow 30 s after there was room again");
    return false;
  }
  // Where the disk was full just when RocksDB opened its next log, the store starts anew once there is room.
  if (mesh.Pid(testing::kOrderStore) != pid) outcome.Add("startedAnew", 1);
  if (told) outcome.Raise("slowestRefusalSeconds", absl::ToDoubleSeconds(*told));
  outcome.Raise("slowestReturnSeconds", absl::ToDoubleSeconds(*back));
  fmt::print("full disk {:3}: refused within {}, back {} after there was room\n", outcome.faults,
             absl::FormatDuration(told.value_or(absl::InfiniteDuration())), absl::FormatDuration(*back));
  return true;
}

double P99Of(crash::Client& client, absl::Duration time) {
  client.TakeLatencies();
  absl::SleepFor(time);
  return Quantile(client.TakeLatencies(), 990);
}

void CheckMemory(const testing::Mesh& mesh, Outcome& outcome) {
  for (const auto& [service, mib] : PeakMemory(mesh)) {
    outcome.Raise(absl::StrCat("peakMiB.", service), static_cast<double>(mib));
    if (mib > kMemoryLimitMib) outcome.Break(absl::StrCat("the ", service, " used ", mib, " MiB"));
  }
}

// Syncs take `delay` longer for `time`. A stall must make the mesh refuse once its bounds are full.
// `normal_ms` is the p99 that counts as normal.
void SlowDown(Scene& scene, absl::Duration delay, absl::Duration time, double normal_ms, Outcome& outcome) {
  crash::Client& client = scene.trial->client();
  const int64_t refusals = client.refusals();
  const int64_t verdicts = client.verdicts();
  scene.disk->control().sync_delay_us = absl::ToInt64Microseconds(delay);
  absl::SleepFor(time);
  const int64_t refused = client.refusals() - refusals;
  const int64_t answered = client.verdicts() - verdicts;
  scene.disk->Heal();
  ++outcome.faults;
  if (delay >= absl::Seconds(5) && refused == 0) outcome.Break("a stalled disk made nobody refuse orders");
  const auto normal = WaitFor(2 * kNormalWithin, [&] {
    const double p99 = P99Of(client, absl::Milliseconds(500));
    return p99 > 0 && p99 <= normal_ms;
  });
  if (!normal || *normal > kNormalWithin) {
    outcome.Break(
        absl::StrCat("the latency was not normal 10 s after a disk had been ", absl::FormatDuration(delay), " slow"));
  }
  if (normal) outcome.Raise("slowestReturnToNormalSeconds", absl::ToDoubleSeconds(*normal));
  outcome.Add("refused", refused);
  fmt::print("syncs {} slower for {}: {} verdicts meanwhile, {} refused; normal (p99 {:.0f} ms) after {}\n",
             absl::FormatDuration(delay), absl::FormatDuration(time), answered, refused, normal_ms,
             absl::FormatDuration(normal.value_or(absl::InfiniteDuration())));
  std::fflush(stdout);
}

}  // namespace

absl::Status RunFullDisk(const SuiteOptions& options, Outcome& outcome) {
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal));
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> full_for(0.2, options.is_long ? 10.0 : 2.0);
  for (const absl::Time end = absl::Now() + options.length; absl::Now() < end;) {
    // Now and then both stores share the disk that is full.
    if (random() % 3 == 0) {
      scene.disk->Choose({testing::kOrderStore, testing::kErrorStore});
    } else {
      scene.disk->Choose({testing::kOrderStore});
    }
    if (!FillOnce(scene, absl::Seconds(full_for(random)), random, outcome)) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(500));
  }
  CheckMemory(scene.trial->mesh(), outcome);
  return CheckScene(*scene.trial, outcome);
}

absl::Status RunSlowDisk(const SuiteOptions& options, Outcome& outcome) {
  crash::TrialOptions trial;
  // More unanswered orders than the mesh takes: it has to refuse.
  trial.client.streams = 8;
  trial.client.window = 8'000;
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal, std::move(trial)));
  const absl::Duration stall = absl::Seconds(options.is_long ? 30 : 6);
  // Measured once: after a fault the latency may still be that of the fault.
  const double normal_ms = std::max(P99Of(scene.trial->client(), absl::Seconds(3)) * kNormalFactor, kNormalFloorMs);
  const absl::Time end = absl::Now() + options.length;
  do {
    SlowDown(scene, absl::Milliseconds(200), absl::Seconds(2), normal_ms, outcome);
    SlowDown(scene, absl::Seconds(2), absl::Seconds(4), normal_ms, outcome);
    SlowDown(scene, absl::Hours(1), stall, normal_ms, outcome);
  } while (absl::Now() < end);
  CheckMemory(scene.trial->mesh(), outcome);
  return CheckScene(*scene.trial, outcome);
}

}  // namespace ordermesh::faults
