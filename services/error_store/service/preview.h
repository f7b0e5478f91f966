// What a job would do, without doing it.
#pragma once

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/repair_service.pb.h"
#include "services/error_store/service/outcome_counts.h"
#include "services/error_store/service/trials.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

// One preview of the errors as they are now, a piece a call. Not thread-safe.
class Preview {
 public:
  // The request must be good (CheckPreview). Borrows store and validator.
  Preview(const ErrorStore& store, Validator& validator, ordermesh::error::v1::PreviewJobRequest request);

  // Looks at the next errors and says what was found so far; true when that was all.
  absl::StatusOr<bool> Next(ordermesh::error::v1::PreviewJobResponse* response);

 private:
  void Count(const Trial& trial);
  void Report(ordermesh::error::v1::PreviewJobResponse* response) const;

  const ErrorStore& store_;
  Validator& validator_;
  const ordermesh::error::v1::PreviewJobRequest request_;
  const ErrorFilter filter_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  int64_t before_;
  // Counted first.
  std::optional<int64_t> matched_;
  int64_t tried_ = 0;
  OutcomeCounts outcomes_;
};

// INVALID_ARGUMENT for a bad filter, action or number of examples.
absl::Status CheckPreview(const ordermesh::error::v1::PreviewJobRequest& request);

// How many errors match, as the snapshot has them.
absl::StatusOr<int64_t> CountMatching(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot);

}  // namespace ordermesh::error_store
