// A simulated process of the order-store: the real store, stepped by the simulator, on a simulated machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/order_store/service/commit_service.h"
#include "services/order_store/store/order_store.h"
#include "tests/sim/disk.h"
#include "tests/sim/hop.h"
#include "tests/sim/mark_file.h"
#include "tests/sim/sim_kv.h"

namespace ordermesh::sim {

struct OrderNodeOptions {
  // The rows in a log of their own, without effects, in place of the database's.
  bool own_log = false;
  // Rows that are kept in memory; small ones make watchers and the indexer read the log.
  size_t recent_bytes = 16 << 20;
  // Rows of versions 1 and 2 in turn, one start after the other.
  bool flip_record_version = false;
};

class OrderNode final : public Server<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse> {
 public:
  OrderNode(Context& context, const std::string& folder, OrderNodeOptions options);
  ~OrderNode() override;

  bool up() const override { return store_ != nullptr && machine_.alive(); }
  uint64_t incarnation() const override { return incarnation_; }
  void Receive(order::v1::CommitOrdersRequest request, Reply reply) override;

  // Opens the store. An error that no simulated fault explains breaks a promise.
  absl::Status Start();
  // What is left of a process that died; with `power_lost` its machine went down too.
  void Bury(bool power_lost);
  Machine& machine() { return machine_; }
  Disk& database() { return database_; }
  Disk& log() { return log_; }

  // Only while it is up.
  order_store::OrderStore& store() { return *store_; }
  // Makes the state again on another machine from nothing but the log (its own) or a copy of the database, and gives
  // what its audit says.
  absl::StatusOr<common::v1::AuditReport> AuditReplica();

  // Added to the clock of this machine.
  int64_t clock_skew_ns = 0;

 private:
  order_store::StoreOptions OptionsNow();
  absl::Status Open();
  void PlanWrite();
  void NoteDecisions(const order_store::PreparedGroup& group, int64_t end_before);

  Context& context_;
  const OrderNodeOptions options_;
  Machine machine_;
  Disk database_;
  Disk log_;
  MarkFile mark_;
  uint64_t incarnation_ = 0;
  // While it writes: the end before the group, and how many messages are in it.
  int64_t end_before_ = 0;
  int messages_ = 0;
  bool write_planned_ = false;
  std::unique_ptr<order_store::OrderStore> store_;
};

// Runs an audit of the store to its end.
absl::StatusOr<common::v1::AuditReport> RunAudit(const order_store::OrderStore& store);

}  // namespace ordermesh::sim
