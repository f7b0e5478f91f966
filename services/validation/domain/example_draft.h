// The examples of a draft: those that expected what it cures, and one of what it cures.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

struct FittedExample {
  std::string content;
  // The violations that it no longer expects: `REQUIRED customerId line 2`.
  std::string cured;
};

// The example without the expected violations of `fields` that are `found` no more; its verdict becomes VALID where
// none is left. Nothing where it needs no change, or something else differs: then a person must look.
std::optional<FittedExample> FitExample(const std::string& example, const ViolationList& found,
                                        const std::set<std::string>& fields);

struct NewExample {
  std::string path;
  std::string content;
  // The file that it names for its payload.
  std::string payload_path;
};

// An example of a payload that was refused for `before` and is `order` now.
NewExample MakeExample(const v1::MappingTrial& trial, const Violation& before, const order::v1::Order& order,
                       const std::set<std::string>& fields, absl::Time now);

}  // namespace ordermesh::validation
