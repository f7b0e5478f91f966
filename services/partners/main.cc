// The process ordermesh-partners: what the mesh knows of its partners.
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/base/ticker.h"
#include "services/common/kv/checkpoints.h"
#include "services/common/kv/rocks_kv.h"
#include "services/common/kv/store_folder.h"
#include "services/common/rpc/backup_service.h"
#include "services/common/rpc/server.h"
#include "services/common/telemetry/log.h"
#include "services/partners/service/config.h"
#include "services/partners/service/partners_service.h"
#include "services/partners/service/pepper_file.h"
#include "services/partners/service/seeder.h"
#include "services/partners/service/sync_service.h"
#include "services/partners/store/checkpoint_audit.h"

namespace ordermesh::partners {
namespace {

constexpr char kName[] = "ordermesh-partners";
// How long after its time a key still looks live to the gateway, at most; it looks at the time itself too.
constexpr absl::Duration kExpiryPeriod = absl::Milliseconds(250);
constexpr absl::Duration kFlushPeriod = absl::Minutes(1);
constexpr absl::Duration kSweepPeriod = absl::Seconds(10);

absl::StatusOr<std::unique_ptr<PartnerStore>> OpenStore(const Config& config, rpc::WatchHub& hub) {
  kv::RocksOptions rocks;
  rocks.block_cache_bytes = static_cast<size_t>(config.block_cache_mib) << 20;
  rocks.write_buffer_bytes = static_cast<size_t>(config.write_buffer_mib) << 20;
  OM_ASSIGN_OR_RETURN(auto folder, kv::OpenStoreFolder(config.data, std::move(rocks), Families()));
  StoreOptions options;
  options.clock = [] { return absl::Now(); };
  options.on_change = [&hub] { hub.Notify(); };
  options.on_fatal = [](const absl::Status& status) { kv::ExitOnFatal(status.ToString()); };
  return PartnerStore::Open(std::move(folder.kv), std::move(folder.mark), std::move(options));
}

kv::CheckpointOptions CheckpointsOf(const Config& config, PartnerStore& store) {
  kv::CheckpointOptions options;
  options.data = config.data;
  options.store = "partners";
  options.acknowledged = [&store] { return store.last_written(); };
  options.write = [&store](const std::string& directory) { return store.WriteCheckpoint(directory); };
  options.audit = AuditCheckpoint;
  return options;
}

absl::Duration Monotonic() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

// Creates what is missing, and says SERVING once nothing is.
std::unique_ptr<Seeder> StartSeeding(const Config& config, PartnerManager& partners, rpc::Server& server,
                                     const rpc::Drain& drain) {
  if (config.seed.empty()) return nullptr;
  server.SetServing(false);
  return std::make_unique<Seeder>(partners, config.seed, [&server, &drain] {
    if (!drain.begun()) server.SetServing(true);
    telemetry::LogInfo("seeded");
  });
}

int Serve(const Config& config, const Pepper& pepper, PartnerStore& store, rpc::WatchHub& hub,
          rpc::ShutdownSignal& signal) {
  rpc::Drain drain;
  ValidationChecker checker(config.validations,
                            {.credentials = rpc::ClientCredentials(config.server.tls, "validation")});
  PartnerManager partners(store, checker);
  ConfigManager configs(store, checker);
  KeyManager keys(store, pepper);
  Leases leases(store, Monotonic);
  PartnersService management(partners, configs, keys, config.read_threads);
  SyncService sync(store, leases, hub, drain, config.read_threads);
  kv::Checkpoints checkpoints(CheckpointsOf(config, store));
  rpc::BackupService backups(checkpoints, hub, drain);
  auto server = rpc::Server::Start(config.server, kName, {&management, &sync, &backups}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  auto seeder = StartSeeding(config, partners, **server, drain);
  const Ticker expiry("expiry", kExpiryPeriod, [&store] { store.ExpireKeys(); });
  const Ticker sweep("sweep", kSweepPeriod, [&leases] { leases.Sweep(); });
  const Ticker flush("flush", kFlushPeriod, [&store] { store.FlushKeyUses(); });
  return rpc::ServeUntilSignal(**server, signal, [&store, &seeder] {
    seeder.reset();
    store.FlushKeyUses();
  });
}

int Main(int argc, char** argv) {
  rpc::ShutdownSignal signal;
  CLI::App app("What the Ordermesh knows of its partners.", kName);
  Config config;
  AddFlags(app, config);
  if (const auto exit_code = rpc::ParseFlags(app, argc, argv)) return *exit_code;
  if (const auto status = telemetry::StartLogging(kName, config.server.log_level); !status.ok()) {
    return rpc::FailedToStart(status);
  }
  if (const auto status = rpc::CheckTls(config.server.tls); !status.ok()) return rpc::FailedToStart(status);
  const auto pepper = ReadPepper(config.pepper_file);
  if (!pepper.ok()) return rpc::FailedToStart(pepper.status());
  rpc::WatchHub hub;
  auto store = OpenStore(config, hub);
  if (!store.ok()) return rpc::FailedToStart(store.status());
  return Serve(config, *pepper, **store, hub, signal);
}

}  // namespace
}  // namespace ordermesh::partners

int main(int argc, char** argv) { return ordermesh::partners::Main(argc, argv); }
