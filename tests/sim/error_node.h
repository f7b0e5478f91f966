// A simulated process of the error-store: the real store, stepped by the simulator, on a simulated machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ordermesh/common/v1/audit.pb.h"
#include "ordermesh/error/v1/error_commit_service.pb.h"
#include "services/error_store/store/error_store.h"
#include "tests/sim/disk.h"
#include "tests/sim/hop.h"
#include "tests/sim/mark_file.h"

namespace ordermesh::sim {

class ErrorNode final : public Server<error::v1::CommitErrorsRequest, error::v1::CommitErrorsResponse> {
 public:
  ErrorNode(Context& context, const std::string& folder);
  ~ErrorNode() override;

  bool up() const override { return store_ != nullptr && machine_.alive(); }
  uint64_t incarnation() const override { return incarnation_; }
  void Receive(error::v1::CommitErrorsRequest request, Reply reply) override;

  // Opens the store. An error that no simulated fault explains breaks a promise.
  absl::Status Start();
  // What is left of a process that died; with `power_lost` its machine went down too.
  void Bury(bool power_lost);
  Machine& machine() { return machine_; }
  Disk& database() { return database_; }

  // Only while it is up.
  error_store::ErrorStore& store() { return *store_; }
  // Runs an audit to its end.
  absl::StatusOr<common::v1::AuditReport> RunAudit() const;

 private:
  absl::Status Open();
  void PlanWrite();

  Context& context_;
  Machine machine_;
  Disk database_;
  MarkFile mark_;
  uint64_t incarnation_ = 0;
  bool write_planned_ = false;
  std::unique_ptr<error_store::ErrorStore> store_;
};

}  // namespace ordermesh::sim
