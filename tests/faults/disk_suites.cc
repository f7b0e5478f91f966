// Disks that fail: the power goes (R2), a sync fails (R3), any operation fails (R4).
#include <signal.h>

#include <cerrno>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "services/common/base/errors.h"
#include "tests/faults/scene.h"

namespace ordermesh::faults {
namespace {

using testing::Mesh;

// Until orders flow again after a process was started anew.
constexpr absl::Duration kBackLimit = absl::Seconds(30);
// A process whose sync failed must end within this.
constexpr absl::Duration kEndLimit = absl::Seconds(1);
// No failed operation may stop the flow for longer.
constexpr absl::Duration kHangLimit = absl::Seconds(10);
// A journalled sync costs nothing, and no power cut would fall into it: it takes as long as a disk's. The long one lets
// an acknowledgement that is sent too early reach the client meanwhile.
constexpr absl::Duration kSyncTime = absl::Milliseconds(5);
constexpr absl::Duration kLongSyncTime = absl::Milliseconds(50);

std::string ChooseStore(std::mt19937_64& random) {
  return random() % 4 == 0 ? testing::kErrorStore : testing::kOrderStore;
}

// True once orders flow again; a promise is broken where they do not.
bool FlowsAgain(Scene& scene, absl::Duration limit, const std::string& after, Outcome& outcome) {
  const auto back = WaitForVerdicts(scene.trial->client(), limit);
  if (back) {
    outcome.Raise("longestOutageSeconds", absl::ToDoubleSeconds(*back));
    return true;
  }
  outcome.Break(absl::StrCat("no orders flow ", absl::FormatDuration(limit), " after ", after));
  return false;
}

// Cuts the power of machines: the stores that stand on one lose what they had not synced.
absl::Status CutPower(Scene& scene, const std::vector<std::string>& services, std::mt19937_64& random) {
  Mesh& mesh = scene.trial->mesh();
  for (const std::string& service : services) HoldRunning(mesh, service);
  // All of them at once, then each is waited for.
  for (const std::string& service : services) mesh.Kill(service);
  absl::Status status;
  for (const std::string& service : services) {
    KillAndWait(mesh, service);
    status.Update(scene.disk->CutPower(service, random));
  }
  for (const std::string& service : services) mesh.ReleaseSupervisor(service);
  return status;
}

// A sync of one store fails; what it held is lost at once. False where orders do not flow again.
absl::StatusOr<bool> FailOneSync(Scene& scene, std::mt19937_64& random, Outcome& outcome) {
  Mesh& mesh = scene.trial->mesh();
  Disk& disk = *scene.disk;
  const std::string service = ChooseStore(random);
  const auto point = static_cast<int64_t>(1 + random() % (service == testing::kOrderStore ? 100 : 10));
  const pid_t pid = HoldRunning(mesh, service);
  disk.Choose({service});
  const int64_t failures = disk.control().failures;
  disk.FailIn(point, kSync, EIO);
  const bool failed = WaitFor(kHangLimit, [&] { return disk.control().failures > failures; }).has_value();
  const auto ended = WaitFor(kEndLimit, [pid] { return !testing::IsRunning(pid); });
  disk.Heal();
  if (failed) {
    ++outcome.faults;
    fmt::print("sync {:3} of {} failed: ended {}\n", point, service,
               ended ? absl::FormatDuration(*ended) + " later" : "not");
    if (!ended) outcome.Break(absl::StrCat("the ", service, " ran on for 1 s after a sync had failed"));
    if (ended && ExitCodeOf(pid) == 0) outcome.Break(absl::StrCat("the ", service, " ended well after a failed sync"));
    if (ended) outcome.Raise("slowestEndSeconds", absl::ToDoubleSeconds(*ended));
  }
  if (!ended) KillAndWait(mesh, service);
  OM_RETURN_IF_ERROR(disk.CutPower(service, random));
  mesh.ReleaseSupervisor(service);
  return FlowsAgain(scene, kBackLimit, "a failed sync", outcome);
}

// When an operation fails.
enum class Phase { kLoad, kStart, kShutdown };

// One operation of one store fails. False where orders do not flow again.
bool FailOneOperation(Scene& scene, std::mt19937_64& random, Outcome& outcome) {
  constexpr const char* kPhases[] = {"under load", "at the start", "at the end"};
  Mesh& mesh = scene.trial->mesh();
  Disk& disk = *scene.disk;
  const std::string service = ChooseStore(random);
  const auto phase = static_cast<Phase>(random() % 3);
  // Most operations under load are writes and syncs; the rare kinds get turns of their own.
  const uint32_t kinds = random() % 2 == 0 ? kAnyOperation : kOpen | kRename | kAllocate | kTruncate | kUnlink;
  const bool rare = phase == Phase::kLoad && kinds != kAnyOperation;
  const auto point = static_cast<int64_t>(1 + random() % (rare ? 3 : 40));
  const int error = random() % 2 == 0 ? EIO : ENOSPC;
  const int64_t failures = disk.control().failures;
  const pid_t pid = mesh.Pid(service);
  disk.Choose({service});
  if (phase == Phase::kStart) {
    HoldRunning(mesh, service);
    KillAndWait(mesh, service);
  }
  disk.FailIn(point, kinds, error);
  if (phase == Phase::kStart) mesh.ReleaseSupervisor(service);
  if (phase == Phase::kShutdown) mesh.Signal(service, SIGTERM);
  // Rare kinds may not come to their turn at all.
  const bool failed = WaitFor(absl::Seconds(1), [&] { return disk.control().failures > failures; }).has_value();
  const bool flows = FlowsAgain(scene, kHangLimit, "a failed operation", outcome);
  disk.Heal();
  if (failed) {
    ++outcome.faults;
    fmt::print("operation {:3} of {} failed {} ({}): {}\n", point, service, kPhases[static_cast<int>(phase)],
               error == EIO ? "EIO" : "ENOSPC", mesh.Pid(service) == pid ? "ran on" : "started again");
  }
  return flows;
}

}  // namespace

absl::Status RunPowerCut(const SuiteOptions& options, Outcome& outcome) {
  crash::TrialOptions trial;
  if (options.planted_bug == "ack_before_write") {
    trial.environment["ORDERMESH_ORDER_STORE_FLAGS"] = "--test_faults --test_fault=ack_before_write";
  }
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kJournalled, std::move(trial)));
  if (options.planted_bug == "sync_does_nothing") scene.disk->control().syncs_do_nothing = 1;
  scene.disk->Choose(Disk::Stores());
  const absl::Duration sync_time = options.planted_bug == "ack_before_write" ? kLongSyncTime : kSyncTime;
  scene.disk->control().sync_delay_us = absl::ToInt64Microseconds(sync_time);
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> pause(0.2, 2.0);
  for (const absl::Time end = absl::Now() + options.length; absl::Now() < end;) {
    absl::SleepFor(absl::Seconds(pause(random)));
    const bool all = random() % 3 == 0;
    const std::vector<std::string> victims = all ? Disk::Stores() : std::vector<std::string>{ChooseStore(random)};
    OM_RETURN_IF_ERROR(CutPower(scene, victims, random));
    ++outcome.faults;
    fmt::print("power cut {:3}: {} after {} verdicts\n", outcome.faults, all ? "every store" : victims[0],
               scene.trial->client().verdicts());
    // A store that refuses to start is a promise broken, and there is nothing to compare with.
    if (!FlowsAgain(scene, kBackLimit, "the power came back", outcome)) return absl::OkStatus();
  }
  return CheckScene(*scene.trial, outcome);
}

absl::Status RunFailingSync(const SuiteOptions& options, Outcome& outcome) {
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kJournalled));
  if (options.planted_bug == "swallow_sync_error") scene.disk->control().swallows_sync_errors = 1;
  std::mt19937_64 random(options.seed);
  for (const absl::Time end = absl::Now() + options.length; absl::Now() < end;) {
    OM_ASSIGN_OR_RETURN(const bool flows, FailOneSync(scene, random, outcome));
    if (!flows || !outcome.held()) return absl::OkStatus();
  }
  return CheckScene(*scene.trial, outcome);
}

absl::Status RunFailingDisk(const SuiteOptions& options, Outcome& outcome) {
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal));
  std::mt19937_64 random(options.seed);
  for (const absl::Time end = absl::Now() + options.length; absl::Now() < end;) {
    if (!FailOneOperation(scene, random, outcome)) return absl::OkStatus();
    // Every other time the process dies as well: what it left must be a clean start.
    if (random() % 2 == 0) {
      scene.trial->mesh().Kill(testing::kOrderStore);
      if (!FlowsAgain(scene, kBackLimit, "a kill", outcome)) return absl::OkStatus();
    }
  }
  return CheckScene(*scene.trial, outcome);
}

}  // namespace ordermesh::faults
