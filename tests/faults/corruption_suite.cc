// Damaged bytes are found, never served (R13).
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "tests/crash/verify.h"
#include "tests/faults/damage.h"
#include "tests/faults/scene.h"

namespace ordermesh::faults {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kShortOrders = 60'000;
constexpr uint64_t kLongOrders = 400'000;
constexpr absl::Duration kStartLimit = absl::Seconds(20);
// The gateway looks for a store that was away every half second.
constexpr absl::Duration kReachLimit = absl::Seconds(5);
// Orders whose payload is read, which only their own reader sees.
constexpr uint64_t kPayloads = 1'000;

// The order-store, started by us with the command line that its supervisor used: its end can be seen.
class Store {
 public:
  explicit Store(testing::Mesh& mesh) : mesh_(mesh) {
    const std::string line = testing::ReadFile(absl::StrCat("/proc/", mesh.Pid(testing::kOrderStore), "/cmdline"));
    command_ = absl::StrSplit(line, '\0', absl::SkipEmpty());
  }
  ~Store() { Stop(); }

  // False where it ended instead of answering.
  bool Start() {
    std::vector<char*> arguments;
    for (std::string& word : command_) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string log = mesh_.data() + "/log/ordermesh-order-store.log";
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    OM_CHECK(posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    const auto channel = mesh_.Direct(testing::kOrderStore);
    WaitFor(kStartLimit, [&] { return Ended() || Answers(channel); });
    return !Ended();
  }

  // False while it runs.
  bool Ended() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    return pid_ == 0;
  }

  void Stop() {
    if (Ended()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  static bool Answers(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(500)));
    order::v1::OrderStats stats;
    const grpc::Status status = order::v1::OrderService::NewStub(channel)->GetOrderStats(&context, {}, &stats);
    // Found damage is an answer, too.
    return status.error_code() != grpc::StatusCode::UNAVAILABLE &&
           status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED;
  }

  testing::Mesh& mesh_;
  std::vector<std::string> command_;
  pid_t pid_ = 0;
};

// What became of one piece of damage.
enum class Found { kRefused, kByReader, kByAudit, kHarmless, kServed };
constexpr const char* kFoundNames[] = {"refused", "foundByReader", "foundByAudit", "harmless", "SERVED"};

bool IsReached(const std::shared_ptr<grpc::Channel>& edge) {
  grpc::ClientContext context;
  order::v1::OrderStats stats;
  const auto orders = order::v1::OrderService::NewStub(edge);
  return orders->GetOrderStats(&context, {}, &stats).error_code() != grpc::StatusCode::UNAVAILABLE;
}

absl::Status ReadEverything(crash::Trial& trial, const std::shared_ptr<grpc::Channel>& edge, crash::Checker& checker) {
  OM_RETURN_IF_ERROR(crash::ReadHistory(trial.history(), checker));
  OM_RETURN_IF_ERROR(crash::ReadStores(edge, checker));
  checker.Finish();
  const uint64_t numbers = trial.client().numbers();
  return crash::ReadSingly(edge, trial.workload(), numbers, std::max<uint64_t>(1, numbers / kPayloads) | 1, checker);
}

// Reads everything back; `what` says how it was found, or what was wrong with what was read.
Found ReadBack(crash::Trial& trial, std::string* what) {
  crash::Checker checker(trial.workload());
  const auto edge = trial.mesh().Edge();
  WaitFor(kReachLimit, [&edge] { return IsReached(edge); });
  const absl::Status read = ReadEverything(trial, edge, checker);
  // What was read before the damage was met must be right, too.
  if (!checker.ok()) {
    *what = checker.broken().front().what;
    return Found::kServed;
  }
  if (!read.ok()) {
    *what = read.ToString();
    return Found::kByReader;
  }
  const absl::Status audit = crash::AuditStores(edge, checker);
  if (audit.ok() && checker.ok()) return Found::kHarmless;
  *what = audit.ok() ? checker.broken().front().what : audit.ToString();
  return Found::kByAudit;
}

// The store's folder as it was, with one piece of damage.
std::string DamageFrom(const std::string& pristine, const std::string& folder, std::mt19937_64& random) {
  fs::remove_all(folder);
  fs::copy(pristine, folder, fs::copy_options::recursive);
  return DamageOneFile(folder, random);
}

void DamageUntil(absl::Time end, crash::Trial& trial, const std::string& pristine, std::mt19937_64& random,
                 Store& store, Outcome& outcome) {
  const std::string folder = trial.mesh().data() + "/order-store";
  while (absl::Now() < end) {
    const std::string damage = DamageFrom(pristine, folder, random);
    if (damage.empty()) continue;
    std::string what;
    const Found found = store.Start() ? ReadBack(trial, &what) : Found::kRefused;
    store.Stop();
    const char* const name = kFoundNames[static_cast<int>(found)];
    ++outcome.faults;
    outcome.Add(name, 1);
    fmt::print("{:3}: {}: {} {}\n", outcome.faults, damage, name, what);
    std::fflush(stdout);
    if (found == Found::kServed) outcome.Break(absl::StrCat(damage, ": ", what));
  }
}

}  // namespace

absl::Status RunCorruption(const SuiteOptions& options, Outcome& outcome) {
  const uint64_t orders = options.orders > 0 ? options.orders : (options.is_long ? kLongOrders : kShortOrders);
  crash::TrialOptions trial_options;
  trial_options.client.rate = 30'000;
  OM_ASSIGN_OR_RETURN(Scene scene, StartScene(options, Durability::kReal, std::move(trial_options)));
  crash::Trial& trial = *scene.trial;
  testing::Mesh& mesh = trial.mesh();
  // A start writes what it finds in the log to sorted files: there are some of all kinds.
  for (const uint64_t part : {1, 2, 3}) {
    while (trial.client().numbers() < orders * part / 4 && trial.client().fault().empty()) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    mesh.Kill(testing::kOrderStore);
    WaitForVerdicts(trial.client(), absl::Seconds(30));
  }
  while (trial.client().numbers() < orders) absl::SleepFor(absl::Milliseconds(20));
  OM_RETURN_IF_ERROR(trial.client().Finish(absl::Minutes(1)));
  trial.FlushHistory();
  std::mt19937_64 random(options.seed);
  const std::string folder = mesh.data() + "/order-store";
  const std::string pristine = mesh.data() + ".pristine";
  {
    Store store(mesh);
    // kill -9 first: what a clean end would have written out stays in the log.
    mesh.HoldSupervisor(testing::kOrderStore);
    KillAndWait(mesh, testing::kOrderStore);
    fs::copy(folder, pristine, fs::copy_options::recursive);
    mesh.ReleaseSupervisor(testing::kOrderStore);
    mesh.StopForGood(testing::kOrderStore);
    DamageUntil(absl::Now() + options.length, trial, pristine, random, store, outcome);
  }
  fs::remove_all(folder);
  fs::copy(pristine, folder, fs::copy_options::recursive);
  fs::remove_all(pristine);
  if (const auto up = mesh.Up(); up.exit_code != 0) return absl::InternalError(absl::StrCat("tools/up: ", up.err));
  return CheckScene(trial, outcome);
}

}  // namespace ordermesh::faults
