// ordermesh-validation: maps partners' payloads to canonical orders, checks them, and routes them to the stores.
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/rpc/partner_follower.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/tls.h"
#include "services/common/telemetry/log.h"
#include "services/validation/service/validation_service.h"

namespace ordermesh::validation {
namespace {

struct Config {
  rpc::ServerConfig server;
  rpc::PartnerFollowerOptions partners;
  RouterOptions stores;
  int workers = 2;
  bool test_faults = false;
  TestFaults faults;
};

void AddFlags(CLI::App& app, Config& config) {
  rpc::AddServerFlags(app, config.server);
  app.add_option("--partners", config.partners.address, "host:port of the partners service")
      ->required()
      ->envname("ORDERMESH_PARTNERS");
  app.add_option("--partners_copy", config.partners.copy_file,
                 "File that keeps the last copy of the partners; empty: none")
      ->envname("ORDERMESH_PARTNERS_COPY");
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
  if (const auto status = rpc::CheckTls(config.server.tls); !status.ok()) return rpc::FailedToStart(status);
  config.partners.include_config = true;
  config.partners.channel.credentials = rpc::ClientCredentials(config.server.tls, "partners");
  config.stores.order_channel.credentials = rpc::ClientCredentials(config.server.tls, "order-store");
  config.stores.error_channel.credentials = rpc::ClientCredentials(config.server.tls, "error-store");

  rpc::Drain drain;
  PlanRegistry plans;
  Router router(config.stores);
  WorkerPool pool("examine", config.workers);
  ValidationService service(plans, router, pool, drain, config.faults);
  auto server = rpc::Server::Start(config.server, "validation", {&service}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  // It listens before it knows the partners, since their first configs are checked here, but takes no orders.
  (*server)->SetServing(false);
  bool known = false;
  rpc::PartnerFollower follower(config.partners, [&](const std::shared_ptr<const rpc::PartnerMap>& partners) {
    plans.Update(*partners);
    if (!std::exchange(known, true)) (*server)->SetServing(true);
  });
  return rpc::ServeUntilSignal(**server, signal, [] {});
}

}  // namespace
}  // namespace ordermesh::validation

int main(int argc, char** argv) { return ordermesh::validation::Main(argc, argv); }
