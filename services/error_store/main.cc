// The process ordermesh-error-store: one shard of the error-store.
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
#include "services/common/rpc/tls.h"
#include "services/common/telemetry/log.h"
#include "services/error_store/service/commit_service.h"
#include "services/error_store/service/config.h"
#include "services/error_store/service/error_service.h"
#include "services/error_store/service/job_runner.h"
#include "services/error_store/service/repair_service.h"
#include "services/error_store/service/retrier.h"
#include "services/error_store/service/review_service.h"
#include "services/error_store/store/checkpoint_audit.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {
namespace {

constexpr char kName[] = "ordermesh-error-store";
constexpr absl::Duration kSweepPeriod = absl::Minutes(1);

absl::StatusOr<std::unique_ptr<ErrorStore>> OpenStore(const Config& config, rpc::WatchHub& hub) {
  kv::RocksOptions rocks;
  rocks.block_cache_bytes = static_cast<size_t>(config.block_cache_mib) << 20;
  rocks.write_buffer_bytes = static_cast<size_t>(config.write_buffer_mib) << 20;
  OM_ASSIGN_OR_RETURN(auto folder, kv::OpenStoreFolder(config.data, std::move(rocks), Families()));
  StoreOptions options;
  options.shard = config.shard;
  options.ttl = absl::Hours(24) * config.error_ttl_days;
  options.max_queued_bytes = static_cast<size_t>(config.max_queued_mib) << 20;
  options.clock = [] { return absl::Now(); };
  options.on_advance = [&hub] { hub.Notify(); };
  options.on_fatal = [](const absl::Status& status) { kv::ExitOnFatal(status.ToString()); };
  return ErrorStore::Open(std::move(folder.kv), std::move(folder.mark), std::move(options));
}

kv::CheckpointOptions CheckpointsOf(const Config& config, ErrorStore& store) {
  kv::CheckpointOptions options;
  options.data = config.data;
  options.store = "error-store";
  options.shard = config.shard;
  options.acknowledged = [&store] { return store.end(); };
  options.write = [&store](const std::string& directory) { return store.WriteCheckpoint(directory); };
  options.audit = [shard = config.shard](const std::string& directory) { return AuditCheckpoint(directory, shard); };
  return options;
}

void SweepAndLog(ErrorStore& store) {
  const auto swept = store.Sweep();
  if (!swept.ok()) {
    telemetry::LogWarning("sweep failed", {{"reason", ReasonOf(swept.status())}});
  } else if (*swept > 0) {
    telemetry::LogInfo("swept expired errors", {{"errors", *swept}});
  }
}

int Main(int argc, char** argv) {
  rpc::ShutdownSignal signal;
  CLI::App app("One shard of the Ordermesh error-store.", kName);
  Config config;
  AddFlags(app, config);
  if (const auto exit_code = rpc::ParseFlags(app, argc, argv)) return *exit_code;
  if (const auto status = telemetry::StartLogging(kName, config.server.log_level); !status.ok()) {
    return rpc::FailedToStart(status);
  }
  rpc::WatchHub hub;
  rpc::Drain drain;
  auto store = OpenStore(config, hub);
  if (!store.ok()) return rpc::FailedToStart(store.status());
  CommitService commits(**store, drain);
  ErrorService errors(**store, hub, drain, config.read_threads);
  kv::Checkpoints checkpoints(CheckpointsOf(config, **store));
  rpc::BackupService backups(checkpoints, hub, drain);
  const rpc::TlsConfig& tls = config.server.tls;
  if (const auto status = rpc::CheckTls(tls); !status.ok()) return rpc::FailedToStart(status);
  std::unique_ptr<Retrier> retrier;
  if (!config.feed.empty()) {
    retrier =
        std::make_unique<Retrier>(**store, RetrierOptions{config.feed, {rpc::ClientCredentials(tls, "feed"), {}}});
  }
  Validator validator(config.validation, {rpc::ClientCredentials(tls, "validation"), {}});
  JobRunner runner(**store, validator, retrier.get());
  ReviewService reviews(**store, config.read_threads, retrier.get(), validator);
  RepairService repairs(**store, hub, drain, runner, validator);
  auto server = rpc::Server::Start(config.server, kName, {&commits, &errors, &reviews, &repairs, &backups}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  const Ticker sweeps("sweep", kSweepPeriod, [&store] { SweepAndLog(**store); });
  return rpc::ServeUntilSignal(**server, signal, [&store] { (*store)->Close(); });
}

}  // namespace
}  // namespace ordermesh::error_store

int main(int argc, char** argv) { return ordermesh::error_store::Main(argc, argv); }
