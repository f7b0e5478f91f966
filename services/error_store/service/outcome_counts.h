// What would become of many errors, counted by what is wrong with them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/error/v1/repair_service.pb.h"

namespace ordermesh::error_store {

// What outcomes are told apart by.
struct OutcomeKind {
  bool passes = false;
  ordermesh::common::v1::Violation::Code code = ordermesh::common::v1::Violation::CODE_UNSPECIFIED;
  std::string field;
  std::string message;
  friend auto operator<=>(const OutcomeKind&, const OutcomeKind&) = default;
};

// Not thread-safe.
class OutcomeCounts {
 public:
  // Keeps so many ids of each kind.
  explicit OutcomeCounts(int examples) : examples_(examples) {}

  void Add(OutcomeKind kind, const std::string& error_id);
  // Those that pass first, then the most frequent.
  void Report(google::protobuf::RepeatedPtrField<ordermesh::error::v1::PreviewOutcome>* outcomes) const;

 private:
  struct Outcome {
    int64_t count = 0;
    std::vector<std::string> examples;
  };

  const int examples_;
  std::map<OutcomeKind, Outcome> outcomes_;
};

}  // namespace ordermesh::error_store
