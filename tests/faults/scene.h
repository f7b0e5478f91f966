// What the suites share: a trial on a disk that can fail, and the waiting that goes with faults.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/crash/trial.h"
#include "tests/faults/disk.h"
#include "tests/faults/suite.h"

namespace ordermesh::faults {

// The disk outlives the processes that share its page.
struct Scene {
  std::unique_ptr<Disk> disk;
  std::unique_ptr<crash::Trial> trial;
};

enum class Durability {
  // The power can be cut: what counts as synced is in a journal.
  kJournalled,
  kReal
};

// A mesh on a disk whose faults can be steered, and its client, which is started.
absl::StatusOr<Scene> StartScene(const SuiteOptions& options, Durability durability, crash::TrialOptions trial = {});

// What the client and the stores say, added to the outcome.
absl::Status CheckScene(crash::Trial& trial, Outcome& outcome);

// How long it took until `done`, asked every few milliseconds; nothing where it took longer than `limit`.
std::optional<absl::Duration> WaitFor(absl::Duration limit, const std::function<bool()>& done);

// How long it took until so many more orders had a verdict: those that were on their way back do not make a thousand.
inline constexpr int64_t kFlowing = 1'000;
std::optional<absl::Duration> WaitForVerdicts(const crash::Client& client, absl::Duration limit,
                                              int64_t verdicts = kFlowing);

// Waits until the service runs, then holds its supervisor: it stays dead once it has died. Its pid.
pid_t HoldRunning(testing::Mesh& mesh, const std::string& service);

// kill -9, and the process is no more when it returns.
void KillAndWait(testing::Mesh& mesh, const std::string& service);

// The exit code of a process that has ended under a held supervisor; 128 + signal where a signal ended it.
int ExitCodeOf(pid_t pid);

// The value below which so many per mille of them are; 0 where there are none.
double Quantile(std::vector<float> values, int per_mille);

// The most memory that each process of the mesh ever had, in MiB, by service.
std::map<std::string, int64_t> PeakMemory(const testing::Mesh& mesh);

}  // namespace ordermesh::faults
