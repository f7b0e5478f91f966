// ordermesh-validation: maps partners' payloads to canonical orders, checks them, and routes them to the stores.
#include <thread>

#include "services/common/base/errors.h"
#include "services/common/rpc/server.h"
#include "services/common/telemetry/log.h"
#include "services/validation/service/validation_service.h"

namespace ordermesh::validation {
namespace {

struct Config {
  rpc::ServerConfig server;
  std::string config = "config/partners";
  RouterOptions stores;
  int workers = 2;
  bool test_faults = false;
  TestFaults faults;
};

void AddFlags(CLI::App& app, Config& config) {
  rpc::AddServerFlags(app, config.server);
  app.add_option("--config", config.config, "The folder of partners' folders")
      ->envname("ORDERMESH_CONFIG")
      ->capture_default_str();
  app.add_option("--order_stores", config.stores.order_stores, "host:port of each order-store shard, comma separated")
      ->delimiter(',')
      ->required()
      ->envname("ORDERMESH_ORDER_STORES");
  app.add_option("--error_stores", config.stores.error_stores, "host:port of each error-store shard, comma separated")
      ->delimiter(',')
      ->required()
      ->envname("ORDERMESH_ERROR_STORES");
  app.add_option("--workers", config.workers, "Threads that examine orders")
      ->check(CLI::Range(1, 256))
      ->envname("ORDERMESH_WORKERS")
      ->capture_default_str();
  auto* faults = app.add_flag("--test_faults", config.test_faults, "Allow faults on purpose; for tests only");
  app.add_option("--test_crash_on", config.faults.crash_on, "Die when opening an order that contains this text")
      ->needs(faults);
}

int Main(int argc, char** argv) {
  rpc::ShutdownSignal signal;
  Config config;
  CLI::App app("Ordermesh validation: maps, checks and routes orders.", "ordermesh-validation");
  AddFlags(app, config);
  if (const auto code = rpc::ParseFlags(app, argc, argv)) return *code;
  if (const auto status = telemetry::StartLogging("validation", config.server.log_level); !status.ok()) {
    return rpc::FailedToStart(status);
  }
  auto plans = PlanRegistry::Load(config.config);
  if (!plans.ok()) return rpc::FailedToStart(plans.status());
  telemetry::LogInfo("mappings compiled", {{"partners", static_cast<int64_t>(plans->size())}});

  rpc::Drain drain;
  Router router(config.stores);
  WorkerPool pool("examine", config.workers);
  ValidationService service(*plans, router, pool, drain, config.faults);
  auto server = rpc::Server::Start(config.server, "validation", {&service}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  return rpc::ServeUntilSignal(**server, signal, [] {});
}

}  // namespace
}  // namespace ordermesh::validation

int main(int argc, char** argv) { return ordermesh::validation::Main(argc, argv); }
