#include "tools/bench/program.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/synchronization/notification.h"
#include "services/common/base/limits.h"
#include "tools/bench/report.h"
#include "tools/bench/rest_load.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::bench {
namespace {

constexpr char kFooter[] =
    R"(Closed loop (the default): each stream keeps --window orders unanswered; what the mesh is too busy for is sent again.
Open loop (--rate): orders are sent on a schedule whatever the mesh does; latency counts from the intended send time, so
that a stall is seen by every order that it held up.

The key is that of the shape's partner in credentials.json, or --api_key_file, ORDERMESH_API_KEY.

Sizes: typed is one line, about 200 bytes; partner-a and partner-b are those partners' JSON, about 230 and 535 bytes; retail
has 20 lines, about 3 kB. --seed makes the same orders again, so that they are replays; without it every run has new ids.

Examples:
  ordermesh-bench --orders 2000000
  ordermesh-bench --shape partner-b --streams 4 --batch 256 --seconds 30 -o json
  ordermesh-bench --rate 20000 --seconds 60
  ordermesh-bench --mode unary --streams 32 --orders 100000
  ordermesh-bench --direct --tls_dir .ordermesh/tls        what the edge costs, by comparison
  ordermesh-bench --rest --streams 64 --seconds 30
  ordermesh-bench --direct --read watch

Exit codes: 0 every order got a verdict (or was read as it should), 1 some did not, 2 wrong usage, 3 the mesh is unavailable.
)";

// Everything that the parser writes before it becomes Settings.
struct RawSettings {
  std::string output = "table";
  // Streams, or over REST single orders.
  std::string mode;
  // Typed orders, or over REST the partner's own JSON.
  std::string shape;
  std::string ids = "random";
  std::string read;
  double seconds = 0;
  double wait_seconds = 30;
  uint64_t seed = 0;
  int64_t orders = 0;
  int64_t calls = 0;
  bool edge = false;
  bool direct = false;
  bool rest = false;
};

constexpr int64_t kDefaultOrders = 1'000'000;
constexpr std::chrono::seconds kConnectTime{1};
// First sequence numbers have 16 digits: those of seeds lie below those of clocks, which count microseconds since 1970.
constexpr int64_t kSeedSequences = 1'000'000'000'000'000;
constexpr int64_t kSequencesPerSeed = 100'000'000;
constexpr uint64_t kMaxSeed = 1'000'000;

const std::map<std::string, Mode> kModes = {
    {"stream", Mode::kStream}, {"batch", Mode::kBatch}, {"unary", Mode::kUnary}};
const std::map<std::string, ReadKind> kReads = {
    {"watch", ReadKind::kWatch}, {"product", ReadKind::kListByProduct}, {"customer", ReadKind::kListByCustomer}};
const std::map<std::string, Shape> kShapes = {{"typed", Shape::kTyped},
                                              {"partner-a", Shape::kPartnerA},
                                              {"partner-b", Shape::kPartnerB},
                                              {"retail", Shape::kRetail}};

void AddRoutes(CLI::App& app, TargetOptions& target, RawSettings& raw) {
  CLI::Option* edge = app.add_flag("--edge", raw.edge, "Through the gateway's gRPC with a partner's key (the default)");
  CLI::Option* direct = app.add_flag("--direct", raw.direct, "Straight to the feed, as the gateway calls it: mTLS");
  CLI::Option* rest =
      app.add_flag("--rest", raw.rest, "Through the gateway's HTTP: one order a request, or --mode batch");
  edge->excludes(direct)->excludes(rest);
  direct->excludes(rest);
  app.add_option("--tls_dir,--tls-dir", target.tls_dir,
                 "Direct: the folder with ca.pem and gateway/{cert,key}.pem (default: tls/ in the data folder)")
      ->needs(direct);
  app.add_option("--feed,--order_store,--order-store", target.address,
                 "Direct: HOST:PORT of the feed, or for reads the order-store (default: as tools/up wrote it)")
      ->needs(direct);
  app.add_flag("--insecure", target.insecure, "Direct: plaintext")->needs(direct);
}

void AddReads(CLI::App& app, RawSettings& raw) {
  CLI::Option* read =
      app.add_option("--read", raw.read,
                     "Read instead of sending: watch (every order that is stored, or --orders of them), product or "
                     "customer (lists, the newest 50 of one by chance)")
          ->check(CLI::IsMember({"watch", "product", "customer"}))
          ->excludes("--rest")
          ->excludes("--rate")
          ->excludes("--seconds");
  app.add_option("--calls", raw.calls, "Lists to read, one after the other (default 1000)")
      ->check(CLI::PositiveNumber)
      ->needs(read);
}

void AddOptions(CLI::App& app, Settings& settings, RawSettings& raw) {
  LoadOptions& load = settings.load;
  client::AddConnectionFlags(app, settings.target.connection);
  AddRoutes(app, settings.target, raw);
  app.add_option("-o,--output", raw.output, "table or json")->check(CLI::IsMember({"table", "json"}));
  app.add_option("--wait", raw.wait_seconds, "Seconds to wait for a mesh that is away (default 30)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--mode", raw.mode, "stream, batch or unary (default stream; over REST unary)")
      ->check(CLI::IsMember({"stream", "batch", "unary"}));
  app.add_option("--shape", raw.shape, "typed, partner-a, partner-b or retail (default typed; over REST partner-a)")
      ->check(CLI::IsMember({"typed", "partner-a", "partner-b", "retail"}));
  app.add_option("--ids", raw.ids, "random or sequential external ids (default random)")
      ->check(CLI::IsMember({"random", "sequential"}));
  app.add_option("--streams", load.streams, "Streams, or calls or HTTP connections at a time (default 4)")
      ->check(CLI::Range(1, 1'000));
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
  AddReads(app, raw);
}

absl::Status Complete(const RawSettings& raw, absl::Time now, uint64_t random, Settings& settings) {
  settings.json = raw.output == "json";
  settings.target.route = raw.rest ? Route::kRest : raw.direct ? Route::kDirect : Route::kEdge;
  settings.load.mode = !raw.mode.empty() ? kModes.at(raw.mode) : raw.rest ? Mode::kUnary : Mode::kStream;
  settings.maker.shape = !raw.shape.empty() ? kShapes.at(raw.shape) : raw.rest ? Shape::kPartnerA : Shape::kTyped;
  const client::ConnectionFlags& connection = settings.target.connection;
  if (raw.rest && (settings.load.mode == Mode::kStream || settings.maker.shape == Shape::kTyped)) {
    return absl::InvalidArgumentError("--rest takes partners' own JSON (not --shape typed), unary or in batches");
  }
  if (raw.rest && (connection.tls || !connection.tls_ca.empty())) {
    return absl::InvalidArgumentError("--rest speaks plain HTTP only");
  }
  if (!raw.read.empty()) {
    settings.read = ReadOptions{kReads.at(raw.read), raw.calls == 0 ? 1'000 : raw.calls, raw.orders,
                                raw.seed != 0 ? raw.seed : random};
    settings.target.service = "order-store";
  }
  settings.load.wait = absl::Seconds(raw.wait_seconds);
  settings.load.orders = raw.orders == 0 && raw.seconds == 0 ? kDefaultOrders : raw.orders;
  if (raw.seconds > 0) settings.load.duration = absl::Seconds(raw.seconds);
  settings.maker.ids = raw.ids == "random" ? Ids::kRandom : Ids::kSequential;
  settings.maker.run_key = raw.seed != 0 ? raw.seed : random;
  settings.maker.first_sequence =
      raw.seed != 0 ? kSeedSequences + static_cast<int64_t>(raw.seed) * kSequencesPerSeed : absl::ToUnixMicros(now);
  return absl::OkStatus();
}

absl::Duration OwnCpu() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
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

int Load(const Settings& settings, const OrderMaker& maker, const client::Connection& target, std::ostream& out,
         std::ostream& err) {
  const auto run = settings.target.connection.data / "run";
  Report report;
  report.before = SampleProcesses(run);
  const absl::Duration cpu_before = OwnCpu();
  std::atomic<int64_t> verdicts = 0;
  absl::Notification done;
  std::thread progress([&] { ShowProgress(verdicts, done, err); });
  // The load begins with open connections: 64 handshakes are not what is measured.
  const auto connect = [&] {
    const auto channel = client::Connect(target);
    channel->WaitForConnected(std::chrono::system_clock::now() + kConnectTime);
    return feed::v1::FeedService::NewStub(channel);
  };
  report.load = settings.target.route == Route::kRest ? RunRestLoad(settings.load, maker, target, verdicts)
                                                      : RunLoad(settings.load, maker, connect, verdicts);
  done.Notify();
  progress.join();
  report.own_cpu = OwnCpu() - cpu_before;
  report.after = SampleProcesses(run);
  out << (settings.json ? ReportAsJson(report) : ReportAsTable(report));
  return report.load.tally.failed == 0 ? 0 : 1;
}

int Read(const Settings& settings, const client::Connection& target, std::ostream& out, std::ostream& err) {
  const auto run = settings.target.connection.data / "run";
  const auto store = order::v1::OrderService::NewStub(client::Connect(target));
  ReadReport report;
  report.before = SampleProcesses(run);
  auto result = RunReads(*settings.read, *store);
  if (!result.ok()) {
    err << "ordermesh-bench: " << result.status().message() << "\n";
    return 3;
  }
  report.after = SampleProcesses(run);
  report.result = *std::move(result);
  out << (settings.json ? ReadsAsJson(report) : ReadsAsTable(report));
  return report.result.faults == 0 ? 0 : 1;
}

}  // namespace

std::optional<Settings> ParseArguments(std::vector<std::string> arguments, const client::ConnectionFlags& environment,
                                       absl::Time now, uint64_t random, std::ostream& out, std::ostream& err,
                                       int* exit_code) {
  Settings settings;
  settings.target.connection = environment;
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
  absl::Status status = client::CompleteFlags(app, settings.target.connection);
  if (status.ok()) status = Complete(raw, now, random, settings);
  if (status.ok()) return settings;
  err << "ordermesh-bench: " << status.message() << "\n";
  *exit_code = 2;
  return std::nullopt;
}

int RunProgram(std::vector<std::string> arguments, const client::ConnectionFlags& environment, std::ostream& out,
               std::ostream& err) {
  std::random_device device;
  int exit_code = 0;
  const uint64_t random = uint64_t{device()} << 32 | device();
  const auto settings = ParseArguments(std::move(arguments), environment, absl::Now(), random, out, err, &exit_code);
  if (!settings.has_value()) return exit_code;
  const OrderMaker maker(settings->maker);
  const std::string partner = settings->read.has_value() ? "" : maker.partner();
  const auto target = FindTarget(settings->target, partner, settings->load.wait);
  if (!target.ok()) {
    err << "ordermesh-bench: " << target.status().message() << "\n";
    return absl::IsUnavailable(target.status()) ? 3 : 2;
  }
  return settings->read.has_value() ? Read(*settings, *target, out, err) : Load(*settings, maker, *target, out, err);
}

}  // namespace ordermesh::bench
