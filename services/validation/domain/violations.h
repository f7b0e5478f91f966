// The violations of one order, as they are found.
#pragma once

#include <string_view>

#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/common/v1/verdict.pb.h"

namespace ordermesh::validation {

using Violation = common::v1::Violation;
using ViolationList = google::protobuf::RepeatedPtrField<Violation>;

// Keeps at most kMaxViolations: the first ones, except that every pair of field and code that occurs is there at least
// once (statistics of errors count by field and code). Where it is full, the first of a new pair takes the place of the
// last violation whose pair is there more than once.
class Violations {
 public:
  explicit Violations(ViolationList* list) : list_(list) {}

  // `line` is 1-based, 0 for none. Texts are cut to kMaxViolationValueBytes at a character boundary.
  void Add(Violation::Code code, std::string_view field, int line, std::string_view message,
           std::string_view value = {});

  bool empty() const { return list_->empty(); }

 private:
  bool HasPair(Violation::Code code, std::string_view field, int up_to) const;
  bool MakeRoom(Violation::Code code, std::string_view field);

  ViolationList* list_;
};

}  // namespace ordermesh::validation
