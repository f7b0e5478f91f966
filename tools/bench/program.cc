#include "tools/bench/program.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/synchronization/notification.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/channel.h"
#include "tools/bench/report.h"
#include "tools/ordermesh/client/retry.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::bench {
namespace {

constexpr char kFooter[] =
    R"(Closed loop (the default): each stream keeps --window orders unanswered; what the mesh is too busy for is sent again.
Open loop (--rate): orders are sent on a schedule whatever the mesh does; latency counts from the intended send time, so
that a stall is seen by every order that it held up.

Sizes: typed is one line, about 200 bytes; partner-a and partner-b are those partners' JSON, about 230 and 535 bytes; retail
has 20 lines, about 3 kB. --seed makes the same orders again, so that they are replays; without it every run has new ids.

Examples:
  ordermesh-bench --orders 2000000
  ordermesh-bench --shape partner-b --streams 4 --batch 256 --seconds 30 -o json
  ordermesh-bench --rate 20000 --seconds 60
  ordermesh-bench --mode unary --streams 32 --orders 100000

Exit codes: 0 every order got a verdict, 1 some did not, 2 wrong usage, 3 the mesh is unavailable.
)";

// Everything that the parser writes before it becomes Settings.
struct RawSettings {
  std::string output = "table";
  std::string mode = "stream";
  std::string shape = "typed";
  std::string ids = "random";
  double seconds = 0;
  double wait_seconds = 30;
  uint64_t seed = 0;
  int64_t orders = 0;
};

constexpr int64_t kDefaultOrders = 1'000'000;
// First sequence numbers have 16 digits: those of seeds lie below those of clocks, which count microseconds since 1970.
constexpr int64_t kSeedSequences = 1'000'000'000'000'000;
constexpr int64_t kSequencesPerSeed = 100'000'000;
constexpr uint64_t kMaxSeed = 1'000'000;

const std::map<std::string, Mode> kModes = {
    {"stream", Mode::kStream}, {"batch", Mode::kBatch}, {"unary", Mode::kUnary}};
const std::map<std::string, Shape> kShapes = {{"typed", Shape::kTyped},
                                              {"partner-a", Shape::kPartnerA},
                                              {"partner-b", Shape::kPartnerB},
                                              {"retail", Shape::kRetail}};

void AddOptions(CLI::App& app, Settings& settings, RawSettings& raw) {
  LoadOptions& load = settings.load;
  app.add_option("--data", settings.mesh.data, "The mesh's data folder (default .ordermesh)")
      ->envname("ORDERMESH_DATA");
  app.add_option("--feed", settings.mesh.overrides.feed, "HOST:PORT of the feed")->envname("ORDERMESH_FEED");
  app.add_option("-o,--output", raw.output, "table or json")->check(CLI::IsMember({"table", "json"}));
  app.add_option("--wait", raw.wait_seconds, "Seconds to wait for a mesh that is away (default 30)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--mode", raw.mode, "stream, batch or unary (default stream)")
      ->check(CLI::IsMember({"stream", "batch", "unary"}));
  app.add_option("--shape", raw.shape, "typed, partner-a, partner-b or retail (default typed)")
      ->check(CLI::IsMember({"typed", "partner-a", "partner-b", "retail"}));
  app.add_option("--ids", raw.ids, "random or sequential external ids (default random)")
      ->check(CLI::IsMember({"random", "sequential"}));
  app.add_option("--streams", load.streams, "Streams, or calls at a time (default 4)")->check(CLI::Range(1, 1'000));
  app.add_option("--batch", load.batch, "Orders a message (default 256)")
      ->check(CLI::Range(1, static_cast<int>(kMaxBatchOrders)));
  CLI::Option* window =
      app.add_option("--window", load.window, "Closed loop: unanswered orders of each stream (default 8192)")
          ->check(CLI::PositiveNumber);
  app.add_option("--rate", load.rate, "Open loop: orders a second, over all streams")
      ->check(CLI::PositiveNumber)
      ->excludes(window);
  app.add_option("--orders", raw.orders, "Orders to send (default 1000000, or no limit with --seconds)")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", raw.seconds, "End after so much time")->check(CLI::PositiveNumber);
  app.add_option("--duplicates", settings.maker.duplicates_percent, "Percent of orders that are an earlier one again")
      ->check(CLI::Range(0, 99));
  app.add_option("--invalid", settings.maker.invalid_percent, "Percent of orders that break a rule")
      ->check(CLI::Range(0, 100));
  app.add_option("--seed", raw.seed, "Make the same orders in every run with this seed")
      ->check(CLI::Range(uint64_t{1}, kMaxSeed));
}

void Complete(const RawSettings& raw, absl::Time now, uint64_t random, Settings& settings) {
  settings.json = raw.output == "json";
  settings.load.mode = kModes.at(raw.mode);
  settings.load.wait = absl::Seconds(raw.wait_seconds);
  settings.load.orders = raw.orders == 0 && raw.seconds == 0 ? kDefaultOrders : raw.orders;
  if (raw.seconds > 0) settings.load.duration = absl::Seconds(raw.seconds);
  settings.maker.shape = kShapes.at(raw.shape);
  settings.maker.ids = raw.ids == "random" ? Ids::kRandom : Ids::kSequential;
  settings.maker.run_key = raw.seed != 0 ? raw.seed : random;
  settings.maker.first_sequence =
      raw.seed != 0 ? kSeedSequences + static_cast<int64_t>(raw.seed) * kSequencesPerSeed : absl::ToUnixMicros(now);
}

absl::Duration OwnCpu() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

// Finds the feed and sees that it answers, so that the load does not begin with the mesh's start.
absl::StatusOr<std::string> FindFeed(const Settings& settings) {
  client::Patience patience;
  patience.wait = settings.load.wait;
  std::string address;
  const absl::Status status = client::RetryWhileAway(patience, [&](absl::Duration) -> absl::Status {
    const auto addresses = client::AddressesOf(settings.mesh, client::Part::kFeed);
    if (!addresses.ok()) return addresses.status();
    address = addresses->front();
    const bool connected =
        rpc::ConnectTo(address)->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(1));
    return connected ? absl::OkStatus() : absl::UnavailableError("the feed at " + address + " does not answer");
  });
  if (!status.ok()) return status;
  return address;
}

// Says every second how far the load is.
void ShowProgress(const std::atomic<int64_t>& verdicts, const absl::Notification& done, std::ostream& err) {
  int64_t before = 0;
  while (!done.WaitForNotificationWithTimeout(absl::Seconds(1))) {
    const int64_t now = verdicts.load(std::memory_order_relaxed);
    err << cli::FormatCount(now) << " verdicts, " << cli::FormatCount(now - before) << "/s" << std::endl;
    before = now;
  }
}

}  // namespace

std::optional<Settings> ParseArguments(std::vector<std::string> arguments, absl::Time now, uint64_t random,
                                       std::ostream& out, std::ostream& err, int* exit_code) {
  Settings settings;
  settings.mesh.data = ".ordermesh";
  RawSettings raw;
  CLI::App app("ordermesh-bench - loads the feed of an Ordermesh and measures it", "ordermesh-bench");
  AddOptions(app, settings, raw);
  app.footer(kFooter);
  // CLI11 takes arguments in reverse order and reports by exceptions; none leaves this function.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    *exit_code = app.exit(error, out, err) == 0 ? 0 : 2;
    return std::nullopt;
  }
  Complete(raw, now, random, settings);
  return settings;
}

int RunProgram(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  std::random_device device;
  int exit_code = 0;
  const uint64_t random = uint64_t{device()} << 32 | device();
  const auto settings = ParseArguments(std::move(arguments), absl::Now(), random, out, err, &exit_code);
  if (!settings.has_value()) return exit_code;
  const auto address = FindFeed(*settings);
  if (!address.ok()) {
    err << "ordermesh-bench: " << address.status().message() << "\n";
    return 3;
  }
  const OrderMaker maker(settings->maker);
  const auto run = settings->mesh.data / "run";
  Report report;
  report.before = SampleProcesses(run);
  const absl::Duration cpu_before = OwnCpu();
  std::atomic<int64_t> verdicts = 0;
  absl::Notification done;
  std::thread progress([&] { ShowProgress(verdicts, done, err); });
  report.load = RunLoad(
      settings->load, maker, [&] { return feed::v1::FeedService::NewStub(rpc::ConnectTo(*address)); }, verdicts);
  done.Notify();
  progress.join();
  report.own_cpu = OwnCpu() - cpu_before;
  report.after = SampleProcesses(run);
  out << (settings->json ? ReportAsJson(report) : ReportAsTable(report));
  return report.load.tally.failed == 0 ? 0 : 1;
}

}  // namespace ordermesh::bench
