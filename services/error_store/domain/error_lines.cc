#include "services/error_store/domain/error_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;
using ordermesh::common::v1::Violation;

std::string ViolationText(const Violation& violation) {
  const std::string line = violation.line() > 0 ? absl::StrCat(" (line ", violation.line(), ")") : "";
  return absl::StrCat(Violation::Code_Name(violation.code()), " ", violation.field(), line);
}

}  // namespace

std::string ErrorCsvHeader() {
  CsvLine line;
  for (const char* name :
       {"id", "partnerId", "kind", "status", "externalOrderId", "receivedTime", "updateTime", "assignee", "tags",
        "violations", "orderId", "resolvedOrderId", "edits", "retries", "discardReason"}) {
    line.Add(name);
  }
  return line.Take();
}

std::string ErrorCsvLine(const ErrorMessage& error) {
  const auto add_violation = [](std::string* text, const Violation& one) { *text += ViolationText(one); };
  CsvLine line;
  line.Add(error.id())
      .Add(error.partner_id())
      .Add(OrderVerdict::Verdict_Name(error.kind()))
      .Add(ErrorMessage::Status_Name(error.status()))
      .Add(error.external_order_id())
      .Add(TimeText(error.received_time()))
      .Add(TimeText(error.update_time()))
      .Add(error.assignee())
      .Add(absl::StrJoin(error.tags(), " "))
      .Add(absl::StrJoin(error.violations(), "; ", add_violation))
      .Add(error.order_id())
      .Add(error.resolved_order_id())
      .Add(absl::StrCat(error.edits()))
      .Add(absl::StrCat(error.retries()))
      .Add(error.discard_reason());
  return line.Take();
}

}  // namespace ordermesh::error_store
