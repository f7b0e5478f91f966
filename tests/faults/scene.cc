#include "tests/faults/scene.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "services/common/base/errors.h"
#include "tests/crash/summary.h"

namespace ordermesh::faults {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(2);
constexpr int kDefaultRate = 10'000;

// The number behind "NAME:" in /proc/PID/status.
int64_t StatusLine(pid_t pid, const std::string& name) {
  for (const auto& line : absl::StrSplit(testing::ReadFile(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    int64_t value = 0;
    if (words.size() > 1 && words[0] == name && absl::SimpleAtoi(words[1], &value)) return value;
  }
  return 0;
}

}  // namespace

void Outcome::Break(const std::string& what) {
  fmt::print("BROKEN: {}\n", what);
  std::fflush(stdout);
  broken.push_back(what);
}

void Outcome::Raise(const std::string& figure, double value) {
  figures[figure] = figures.contains(figure) ? std::max(figures[figure].get<double>(), value) : value;
}

void Outcome::Add(const std::string& figure, int64_t count) {
  figures[figure] = (figures.contains(figure) ? figures[figure].get<int64_t>() : 0) + count;
}

absl::StatusOr<Scene> StartScene(const SuiteOptions& options, Durability durability, crash::TrialOptions trial) {
  Scene scene;
  const std::string data = testing::Mesh::NewDataFolder();
  scene.disk = std::make_unique<Disk>(data, options.library, durability == Durability::kJournalled);
  trial.environment["ORDERMESH_DATA"] = data;
  for (const auto& [name, value] : scene.disk->Environment()) trial.environment[name] = value;
  trial.seed = options.seed;
  if (options.rate > 0) {
    trial.client.rate = options.rate;
  } else if (trial.client.rate == crash::ClientOptions().rate) {
    trial.client.rate = kDefaultRate;
  }
  OM_ASSIGN_OR_RETURN(scene.trial, crash::Trial::Start(std::move(trial)));
  if (!options.planted_bug.empty()) scene.trial->Discard();
  scene.trial->client().Start();
  if (!WaitForVerdicts(scene.trial->client(), absl::Seconds(30))) {
    return absl::DeadlineExceededError("no orders flow before the first fault");
  }
  return scene;
}

absl::Status CheckScene(crash::Trial& trial, Outcome& outcome) {
  // Orders flow without an error-store: one that refuses to start is seen here.
  if (const absl::Status healthy = trial.mesh().WaitHealthy(); !healthy.ok()) {
    outcome.Break(std::string(healthy.message()));
    return absl::OkStatus();
  }
  OM_RETURN_IF_ERROR(trial.Check());
  trial.Print();
  const auto summary = crash::SummaryOf(trial.checker());
  outcome.acked += summary["acknowledged"].get<int64_t>();
  outcome.lost += summary["lost"].get<int64_t>();
  outcome.duplicated += summary["doubled"].get<int64_t>();
  outcome.holes += summary["holes"].get<int64_t>();
  for (const auto& what : summary["broken"]) outcome.broken.push_back(what.get<std::string>());
  return absl::OkStatus();
}

std::optional<absl::Duration> WaitFor(absl::Duration limit, const std::function<bool()>& done) {
  const absl::Time start = absl::Now();
  for (;;) {
    const absl::Duration waited = absl::Now() - start;
    if (done()) return waited;
    if (waited > limit) return std::nullopt;
    absl::SleepFor(kLook);
  }
}

std::optional<absl::Duration> WaitForVerdicts(const crash::Client& client, absl::Duration limit, int64_t verdicts) {
  const int64_t before = client.verdicts();
  return WaitFor(limit, [&client, before, verdicts] { return client.verdicts() >= before + verdicts; });
}

pid_t HoldRunning(testing::Mesh& mesh, const std::string& service) {
  // The pid file of a process that is just being started names the one before.
  WaitFor(absl::Seconds(30), [&] { return testing::IsRunning(mesh.Pid(service)); });
  mesh.HoldSupervisor(service);
  return mesh.Pid(service);
}

void KillAndWait(testing::Mesh& mesh, const std::string& service) {
  const pid_t pid = mesh.Pid(service);
  mesh.Kill(service);
  WaitFor(absl::Seconds(10), [pid] { return !testing::IsRunning(pid); });
}

int ExitCodeOf(pid_t pid) {
  const std::vector<std::string> words = absl::StrSplit(testing::ReadFile(absl::StrCat("/proc/", pid, "/stat")),
                                                        absl::ByAnyChar(" \n"), absl::SkipEmpty());
  int status = 0;
  // The last field is what waitpid would say.
  if (words.empty() || !absl::SimpleAtoi(words.back(), &status)) return 0;
  return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

double Quantile(std::vector<float> values, int per_mille) {
  if (values.empty()) return 0;
  const size_t at = std::min(values.size() - 1, values.size() * static_cast<size_t>(per_mille) / 1'000);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return static_cast<double>(values[at]);
}

std::map<std::string, int64_t> PeakMemory(const testing::Mesh& mesh) {
  std::map<std::string, int64_t> peaks;
  for (const char* service : {testing::kFeed, testing::kValidation, testing::kOrderStore, testing::kErrorStore,
                              testing::kPartners, testing::kGateway}) {
    if (const pid_t pid = mesh.Pid(service); pid != 0) peaks[service] = StatusLine(pid, "VmHWM") / 1024;
  }
  return peaks;
}

}  // namespace ordermesh::faults
