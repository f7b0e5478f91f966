// One shard of orders: what the service layer sees of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/common/v1/audit.pb.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "services/common/kv/ack_mark.h"
#include "services/common/kv/delivery_diary.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/audit.h"
#include "services/order_store/store/follower.h"
#include "services/order_store/store/indexer.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/recent.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/store/writer.h"

namespace ordermesh::order_store {

struct StoreOptions {
  uint32_t shard = 0;
  // The file of the AckMark.
  std::string mark_path;
  Clock clock;
  TestFault fault = TestFault::kNone;
  // Of the rows that are written from now on (schema.h).
  uint32_t record_version = kFirstRecordVersion;
  // Rows kept in memory for watchers and the indexer.
  size_t recent_bytes = 16 << 20;
  // Called after each synced write, on the writer's thread; must not block.
  std::function<void()> on_commit = [] {};
  // Off: no thread is started, and the caller does their work by StepWriter and StepIndexer (tests/sim).
  bool threads = true;
};

// Thread-safe. Reads may block on the disk: not for gRPC's threads.
class OrderStore {
 public:
  // Recovers and starts the writer and the indexer. `log` may be null: then the rows are in `kv`, which was opened with
  // Families(). For errors see Recover.
  static absl::StatusOr<std::unique_ptr<OrderStore>> Open(std::unique_ptr<kv::Kv> kv, std::unique_ptr<Log> log,
                                                          StoreOptions options);
  // Answers what is queued.
  ~OrderStore();

  // False, and nothing done, when the queue is full. Never blocks.
  bool Submit(std::shared_ptr<PreparedGroup> group, GroupDone done) {
    return writer_->Submit(std::move(group), std::move(done));
  }

  // Only without threads: writes and answers what is queued, as one group. False where nothing is.
  bool StepWriter() { return writer_->Step(); }
  // Only without threads: indexes the next few rows. False once the indexer has failed.
  bool StepIndexer() { return indexer_->Turn(); }

  // NOT_FOUND, the same words for a missing, malformed and foreign id.
  absl::StatusOr<order::v1::Order> Get(const order::v1::GetOrderRequest& request) const;
  // The deliveries of an order that Get has given, oldest first: the one that made it, then those of the diary.
  absl::StatusOr<order::v1::ListOrderDeliveriesResponse> Deliveries(const order::v1::Order& order) const;
  // INVALID_ARGUMENT for a bad page size, token or time range. By external id it asks the writer: RESOURCE_EXHAUSTED
  // where its queue is full.
  absl::StatusOr<order::v1::ListOrdersResponse> List(const order::v1::ListOrdersRequest& request) const;
  absl::StatusOr<order::v1::OrderStats> Stats(const order::v1::GetOrderStatsRequest& request) const;
  // INVALID_ARGUMENT for a bad batch size, OUT_OF_RANGE past the end. The follower must not outlive the store.
  absl::StatusOr<std::unique_ptr<Follower>> Follow(const order::v1::WatchOrdersRequest& request) const;
  // An audit of this moment's state. It must not outlive the store.
  std::unique_ptr<Audit> StartAudit(const common::v1::AuditRequest& request) const;

  // Writes an openable copy of the database to `directory`, which must not exist. Orders go on meanwhile.
  absl::Status WriteCheckpoint(const std::string& directory) { return kv_->Checkpoint(directory); }

  int64_t end() const { return log_->end(); }
  uint32_t shard() const { return options_.shard; }
  // Returns when everything up to end() is indexed; for tests and audits.
  void WaitForIndex() const { indexer_->WaitFor(log_->end()); }
  // Returns when all replays that were answered are in the diary, or dropped; for tests.
  void WaitForDiary() { diary_->Settle(); }

 private:
  OrderStore(std::unique_ptr<kv::Kv> kv, StoreOptions options);

  const StoreOptions options_;
  const std::unique_ptr<kv::Kv> kv_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<kv::AckMark> mark_;
  Recent recent_;
  std::unique_ptr<Indexer> indexer_;
  // Outlives the writer, whose last replays it writes.
  std::unique_ptr<kv::DeliveryDiary> diary_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace ordermesh::order_store
