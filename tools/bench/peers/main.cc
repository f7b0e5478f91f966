// The program `ordermesh-peer-load`: sends a peer of tools/bench/compare the orders that ordermesh-bench sends a mesh.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <random>

#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "tools/bench/peers/peer.h"
#include "tools/bench/report.h"

namespace ordermesh::bench {
namespace {

constexpr char kFooter[] =
    R"(Prints what ordermesh-bench -o json prints; `replayed` are orders that the peer knew by one of their identities.
--probe prints which identities the peer deduplicates: {"externalId": true, "sequence": false}

Exit codes: 0 every order was durable, 1 some were not, 2 wrong usage.
)";

struct Flags {
  std::string system;
  std::string address;
  std::string mode = "batch";
  double seconds = 0;
  int64_t orders = 0;
  int streams = 4;
  int batch = 256;
  bool probe = false;
};

std::map<std::string, ConnectPeer> Connectors(const Flags& flags) {
  const bool batches = flags.mode == "batch" && !flags.probe;
  return {{"postgresql", PostgresConnector(flags.address, false)},
          {"postgresql-indexed", PostgresConnector(flags.address, true)},
          {"redis", RedisConnector(flags.address)},
          {"kafka", KafkaConnector(flags.address, false, batches)},
          {"kafka-flush", KafkaConnector(flags.address, true, batches)},
          {"nats", NatsConnector(flags.address)}};
}

int Fail(const absl::Status& status) {
  std::cerr << "ordermesh-peer-load: " << status.message() << "\n";
  return 1;
}

absl::Duration OwnCpu() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

MakerOptions NewOrders() {
  std::random_device device;
  MakerOptions options;
  options.run_key = uint64_t{device()} << 32 | device();
  options.first_sequence = absl::ToUnixMicros(absl::Now());
  return options;
}

int Probe(const ConnectPeer& connect) {
  const auto probe = ProbePeer(NewOrders(), connect);
  if (!probe.ok()) return Fail(probe.status());
  std::cout << nlohmann::ordered_json{{"externalId", probe->external_id}, {"sequence", probe->sequence}} << "\n";
  return 0;
}

int Run(const Flags& flags, const ConnectPeer& connect) {
  LoadOptions options;
  options.mode = flags.mode == "batch" ? Mode::kBatch : Mode::kUnary;
  options.streams = flags.streams;
  options.batch = flags.batch;
  options.orders = flags.orders;
  if (flags.seconds > 0) options.duration = absl::Seconds(flags.seconds);
  Report report;
  absl::Status error;
  report.load = RunPeerLoad(options, OrderMaker(NewOrders()), connect, &error);
  report.own_cpu = OwnCpu();
  if (!error.ok()) return Fail(error);
  std::cout << ReportAsJson(report);
  return 0;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("ordermesh-peer-load - loads PostgreSQL, Redis, Kafka or NATS with orders", "ordermesh-peer-load");
  app.add_option("--system", flags.system, "postgresql, postgresql-indexed, redis, kafka, kafka-flush or nats")
      ->required()
      ->check(CLI::IsMember({"postgresql", "postgresql-indexed", "redis", "kafka", "kafka-flush", "nats"}));
  app.add_option("--address", flags.address, "HOST:PORT; PostgreSQL: SOCKET_FOLDER:PORT; Redis: the socket's path")
      ->required();
  app.add_option("--mode", flags.mode, "batch, or single: one order a request (default batch)")
      ->check(CLI::IsMember({"batch", "single"}));
  app.add_option("--streams", flags.streams, "Connections, each with one request unanswered (default 4)")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--batch", flags.batch, "Orders a request (default 256)")->check(CLI::Range(2, 10'000));
  app.add_option("--seconds", flags.seconds, "End after so much time")->check(CLI::PositiveNumber);
  app.add_option("--orders", flags.orders, "End after so many orders")->check(CLI::PositiveNumber);
  app.add_flag("--probe", flags.probe, "Find out which identities are deduplicated");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!flags.probe && flags.seconds == 0 && flags.orders == 0) {
    std::cerr << "ordermesh-peer-load: --seconds or --orders is needed\n";
    return 2;
  }
  const ConnectPeer connect = Connectors(flags).at(flags.system);
  return flags.probe ? Probe(connect) : Run(flags, connect);
}

}  // namespace
}  // namespace ordermesh::bench

int main(int argc, char** argv) { return ordermesh::bench::Main(argc, argv); }
