// What a job would do, without doing it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/repair_service.pb.h"
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
  // What outcomes are told apart by.
  struct Kind {
    bool passes = false;
    ViolationCode code = ordermesh::common::v1::Violation::CODE_UNSPECIFIED;
    std::string field;
    std::string message;
    friend auto operator<=>(const Kind&, const Kind&) = default;
  };
  struct Outcome {
    int64_t count = 0;
    std::vector<std::string> examples;
  };

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
  std::map<Kind, Outcome> outcomes_;
};

// INVALID_ARGUMENT for a bad filter, action or number of examples.
absl::Status CheckPreview(const ordermesh::error::v1::PreviewJobRequest& request);

// How many errors match, as the snapshot has them.
absl::StatusOr<int64_t> CountMatching(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot);

}  // namespace ordermesh::error_store
