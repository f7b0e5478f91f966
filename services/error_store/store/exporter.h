// Errors as lines of text.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/filter.h"

namespace ordermesh::error_store {

// One export of the errors as they are when it is made. Not thread-safe.
class Exporter {
 public:
  // Borrows the database.
  Exporter(const kv::Kv& kv, ErrorFilter filter, ordermesh::common::v1::ExportFormat format);

  // Sets the next lines, perhaps none; false where there are no more.
  absl::StatusOr<bool> Next(ordermesh::common::v1::ExportChunk* chunk);

 private:
  const kv::Kv& kv_;
  const ErrorFilter filter_;
  const bool csv_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  bool started_ = false;
  // Errors below this are still to come.
  int64_t before_;
};

}  // namespace ordermesh::error_store
