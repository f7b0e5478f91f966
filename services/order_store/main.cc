// The order-store: one shard of orders.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/kv/checkpoints.h"
#include "services/common/kv/rocks_kv.h"
#include "services/common/kv/store_folder.h"
#include "services/common/rpc/backup_service.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/watch_stream.h"
#include "services/common/telemetry/log.h"
#include "services/order_store/config.h"
#include "services/order_store/service/commit_service.h"
#include "services/order_store/service/order_service.h"
#include "services/order_store/store/checkpoint_audit.h"
#include "services/order_store/store/order_store.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

constexpr char kName[] = "order-store";
// Starting again would not help: the store lost what it had acknowledged, or its bytes are damaged.
constexpr int kExitDataLoss = 3;

int64_t NowNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

absl::StatusOr<std::unique_ptr<OrderStore>> OpenStore(const Config& config, rpc::WatchHub& hub) {
  kv::RocksOptions rocks;
  rocks.block_cache_bytes = config.block_cache_mib << 20;
  rocks.write_buffer_bytes = config.write_buffer_mib << 20;
  OM_ASSIGN_OR_RETURN(auto kv, kv::OpenStoreDatabase(config.data, rocks, Families(rocks.write_buffer_bytes)));
  StoreOptions options;
  options.shard = config.shard;
  options.mark_path = kv::MarkPath(config.data);
  options.clock = NowNanos;
  options.fault = config.fault;
  options.record_version = config.record_version;
  options.on_commit = [&hub] { hub.Notify(); };
  return OrderStore::Open(std::move(kv), nullptr, std::move(options));
}

kv::CheckpointOptions CheckpointsOf(const Config& config, OrderStore& store) {
  kv::CheckpointOptions options;
  options.data = config.data;
  options.store = kName;
  options.shard = config.shard;
  options.acknowledged = [&store] { return store.end(); };
  options.write = [&store](const std::string& directory) { return store.WriteCheckpoint(directory); };
  options.audit = [shard = config.shard](const std::string& directory) { return AuditCheckpoint(directory, shard); };
  return options;
}

int Run(int argc, char** argv) {
  rpc::ShutdownSignal signal;
  CLI::App app("One shard of orders: decides, stores and answers.", "ordermesh-order-store");
  rpc::ServerConfig server_config;
  rpc::AddServerFlags(app, server_config);
  ConfigFlags flags;
  flags.AddTo(app);
  if (const auto exit_code = rpc::ParseFlags(app, argc, argv)) return *exit_code;
  if (const absl::Status status = telemetry::StartLogging(kName, server_config.log_level); !status.ok()) {
    return rpc::FailedToStart(status);
  }
  const auto config = flags.Read();
  if (!config.ok()) return rpc::FailedToStart(config.status());
  rpc::Drain drain;
  rpc::WatchHub hub;
  auto store = OpenStore(*config, hub);
  if (!store.ok()) {
    const int exit_code = rpc::FailedToStart(store.status());
    return absl::IsDataLoss(store.status()) ? kExitDataLoss : exit_code;
  }
  telemetry::LogInfo("store opened", {{"shard", int64_t{config->shard}}, {"position", (*store)->end()}});
  CommitService commits(**store, drain);
  OrderService orders(**store, hub, drain);
  kv::Checkpoints checkpoints(CheckpointsOf(*config, **store));
  rpc::BackupService backups(checkpoints, hub, drain);
  auto server = rpc::Server::Start(server_config, kName, {&commits, &orders, &backups}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  // What is declared above closes in reverse: the server, the services and their threads, then the store they read.
  return rpc::ServeUntilSignal(**server, signal, [] {});
}

}  // namespace
}  // namespace ordermesh::order_store

int main(int argc, char** argv) { return ordermesh::order_store::Run(argc, argv); }
