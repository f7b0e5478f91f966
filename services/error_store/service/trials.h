// What a job would make of errors, one by one: the patch is applied, and validation asked.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/error_store/domain/job.h"
#include "services/error_store/service/validator.h"
#include "services/error_store/store/scan.h"

namespace ordermesh::error_store {

// What would become of one error.
struct Trial {
  Row row;
  // What would be sent, where it is another payload than the one that counts.
  std::string payload;
  // OK, or why the patch does not fit.
  absl::Status fits;
  // What would still be wrong; not looked for where the patch does not fit, or nobody asks.
  std::vector<ordermesh::common::v1::Violation> violations;

  bool Passes() const { return fits.ok() && violations.empty(); }
};

// Tries the action on each error, with validation where `ask`. The status is not OK where validation gives no answer,
// or the store cannot be read: then nothing is known.
absl::StatusOr<std::vector<Trial>> TryAll(const kv::Kv& kv, const kv::Snapshot* snapshot, Validator& validator,
                                          const JobAction& action, bool ask, std::vector<Row> rows);

}  // namespace ordermesh::error_store
