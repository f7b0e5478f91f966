// What would become of errors, as a table: one row a kind of outcome.
#pragma once

#include <string>

#include "ordermesh/error/v1/repair_service.pb.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {

inline std::string OutcomeTable(const google::protobuf::RepeatedPtrField<error::v1::PreviewOutcome>& outcomes) {
  using common::v1::Violation;
  Table table({{"ERRORS", Table::Align::kRight}, {"WOULD"}, {"CODE"}, {"FIELD"}, {"MESSAGE"}, {"EXAMPLE"}});
  for (const auto& outcome : outcomes) {
    table.AddRow({FormatCount(outcome.count()), outcome.passes() ? "pass" : "fail",
                  outcome.code() == Violation::CODE_UNSPECIFIED ? "" : Violation::Code_Name(outcome.code()),
                  outcome.field(), outcome.message(), outcome.example_ids().empty() ? "" : outcome.example_ids(0)});
  }
  return table.ToString();
}

}  // namespace ordermesh::cli
