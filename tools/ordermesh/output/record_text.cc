#include "tools/ordermesh/output/record_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::cli {
namespace {

using common::v1::OrderVerdict;
using common::v1::Violation;
using error::v1::OrderError;
using order::v1::Order;

constexpr auto kRight = Table::Align::kRight;
constexpr size_t kValueWidth = 40;
constexpr size_t kMessageWidth = 80;

std::string PayloadNote(const std::string& payload) {
  return payload.empty()
             ? ""
             : fmt::format("{} bytes (--payload writes them)", FormatCount(static_cast<int64_t>(payload.size())));
}

// "quantity RANGE, customerId REQUIRED", each pair once.
std::string Reasons(const Violations& violations) {
  std::vector<std::string> reasons;
  for (const Violation& violation : violations) {
    std::string reason = violation.field().empty() ? "" : violation.field() + " ";
    reason += Violation::Code_Name(violation.code());
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
  }
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : ", ") + reason;
  return text;
}

void AddAmounts(const order::v1::PartnerOrderStats& partner, std::vector<std::string> start, Table& table) {
  start.push_back(partner.partner_id());
  start.push_back(FormatCount(partner.count()));
  start.push_back(FormatCount(partner.line_count()));
  if (partner.amounts().empty()) table.AddRow(start);
  for (const auto& amounts : partner.amounts()) {
    std::vector<std::string> row = start;
    row.push_back(FormatMoney(amounts.gross_amount()));
    row.push_back(FormatMoney(amounts.tax_amount()));
    row.push_back(FormatMoney(amounts.net_amount()));
    table.AddRow(std::move(row));
    // The counts are of the partner, not of a currency: shown once.
    start[start.size() - 1] = start[start.size() - 2] = "";
  }
}

}  // namespace

Table OrderTable() {
  return Table({{"ID"},
                {"PARTNER"},
                {"EXTERNAL ID"},
                {"CUSTOMER"},
                {"LINES", kRight},
                {"NET", kRight},
                {"ORDERED"},
                {"PROCESSED"}});
}

void AddOrder(const Order& order, Table& table) {
  table.AddRow({order.id(), order.partner_id(), order.external_order_id(), order.customer_id(),
                FormatCount(order.lines_size()), FormatMoney(order.net_amount()), FormatTime(order.transaction_time()),
                FormatTime(order.processed_at())});
}

Table ErrorTable() {
  return Table({{"ID"}, {"PARTNER"}, {"KIND"}, {"EXTERNAL ID"}, {"RECEIVED"}, {"STATUS"}, {"REASONS"}});
}

void AddError(const OrderError& error, Table& table) {
  table.AddRow({error.id(), error.partner_id(), OrderVerdict::Verdict_Name(error.kind()), error.external_order_id(),
                FormatTime(error.received_time()), OrderError::Status_Name(error.status()),
                Shorten(Reasons(error.violations()), kMessageWidth)});
}

std::string OrderLine(const Order& order) {
  Table line({{""}});
  line.AddRow({fmt::format("{:<23}  {}  {:<12}  {:<24}  {:>5}  {}", FormatTime(order.processed_at()), order.id(),
                           order.partner_id(), Shorten(order.external_order_id(), 24), order.lines_size(),
                           FormatMoney(order.net_amount()))});
  return line.ToString().substr(1);
}

std::string ErrorLine(const OrderError& error) {
  Table line({{""}});
  line.AddRow(
      {fmt::format("{:<23}  {}  {:<12}  {:<15}  {:<24}  {}", FormatTime(error.received_time()), error.id(),
                   error.partner_id(), OrderVerdict::Verdict_Name(error.kind()), Shorten(error.external_order_id(), 24),
                   Shorten(Reasons(error.violations()), kMessageWidth))});
  return line.ToString().substr(1);
}

std::string OrderSheet(const Order& order) {
  std::string text =
      Sheet({{"id", order.id()},
             {"partner", order.partner_id()},
             {"external id", order.external_order_id()},
             {"sequence number", order.has_sequence_number() ? std::to_string(order.sequence_number()) : ""},
             {"customer", order.customer_id()},
             {"tax rate", order.tax_rate()},
             {"gross amount", FormatMoney(order.gross_amount())},
             {"tax amount", FormatMoney(order.tax_amount())},
             {"net amount", FormatMoney(order.net_amount())},
             {"ordered", FormatTime(order.transaction_time())},
             {"received", FormatTime(order.received_time())},
             {"processed", FormatTime(order.processed_at())},
             {"ingest id", order.ingest_id()},
             {"trace id", order.trace_id()},
             {"mapping version", std::to_string(order.mapping_version())},
             {"payload", PayloadNote(order.raw_payload())}});
  Table lines({{"LINE", kRight}, {"PRODUCT"}, {"QUANTITY", kRight}, {"UNIT PRICE", kRight}});
  for (int i = 0; i < order.lines_size(); ++i) {
    const auto& line = order.lines(i);
    lines.AddRow({std::to_string(i + 1), line.product_id(), line.quantity(), FormatMoney(line.unit_price())});
  }
  return text + "\n" + lines.ToString();
}

std::string ErrorSheet(const OrderError& error) {
  std::string text = Sheet({{"id", error.id()},
                            {"partner", error.partner_id()},
                            {"kind", OrderVerdict::Verdict_Name(error.kind())},
                            {"status", OrderError::Status_Name(error.status())},
                            {"external id", error.external_order_id()},
                            {"held by order", error.order_id()},
                            {"became order", error.resolved_order_id()},
                            {"assignee", error.assignee()},
                            {"tags", absl::StrJoin(error.tags(), ", ")},
                            {"discarded for", error.discard_reason()},
                            {"revision", std::to_string(error.revision())},
                            {"edits", error.edits() == 0 ? "" : std::to_string(error.edits())},
                            {"retries", error.retries() == 0 ? "" : std::to_string(error.retries())},
                            {"received", FormatTime(error.received_time())},
                            {"written", FormatTime(error.create_time())},
                            {"changed", FormatTime(error.update_time())},
                            {"expires", FormatTime(error.expire_time())},
                            {"ingest id", error.ingest_id()},
                            {"trace id", error.trace_id()},
                            {"mapping version", std::to_string(error.mapping_version())},
                            {"payload", PayloadNote(error.raw_payload())}});
  return text + "\n" + ViolationTable(error.violations());
}

std::string DeliveryTable(const google::protobuf::RepeatedPtrField<common::v1::Delivery>& deliveries) {
  Table table({{"TIME"}, {"VERDICT"}, {"TRACE ID"}, {"INGEST ID"}});
  for (const auto& one : deliveries) {
    table.AddRow({FormatTime(one.time()), OrderVerdict::Verdict_Name(one.verdict()),
                  one.trace_id().empty() ? "-" : one.trace_id(), one.ingest_id()});
  }
  return table.ToString();
}

std::string VerdictSheet(const OrderVerdict& verdict) {
  std::string text = Sheet({{"verdict", OrderVerdict::Verdict_Name(verdict.verdict())},
                            {"order", verdict.order_id()},
                            {"error", verdict.error_id()}});
  if (!verdict.violations().empty()) text += "\n" + ViolationTable(verdict.violations());
  return text;
}

std::string ViolationTable(const Violations& violations) {
  Table table({{"FIELD"}, {"LINE", kRight}, {"CODE"}, {"VALUE"}, {"MESSAGE"}});
  for (const Violation& violation : violations) {
    table.AddRow({violation.field(), violation.line() == 0 ? "" : std::to_string(violation.line()),
                  Violation::Code_Name(violation.code()), Shorten(violation.value(), kValueWidth),
                  violation.message()});
  }
  return table.ToString();
}

std::string OrderStatsText(const order::v1::OrderStats& stats) {
  Table table(
      {{"PARTNER"}, {"ORDERS", kRight}, {"LINES", kRight}, {"GROSS", kRight}, {"TAX", kRight}, {"NET", kRight}});
  for (const auto& partner : stats.partners()) AddAmounts(partner, {}, table);
  std::string text = table.ToString();
  if (!stats.hours().empty()) {
    Table hours({{"HOUR"},
                 {"PARTNER"},
                 {"ORDERS", kRight},
                 {"LINES", kRight},
                 {"GROSS", kRight},
                 {"TAX", kRight},
                 {"NET", kRight}});
    for (const auto& hour : stats.hours()) AddAmounts(hour.partner(), {FormatTime(hour.hour())}, hours);
    text += "\n" + hours.ToString();
  }
  return absl::StrCat(text, FormatCount(stats.total_count()), " orders in all\n");
}

std::string ErrorStatsText(const error::v1::ErrorStats& stats) {
  Table table({{"PARTNER"}, {"ERRORS", kRight}, {"CODE"}, {"FIELD"}, {"COUNT", kRight}});
  for (const auto& partner : stats.partners()) {
    table.AddRow({partner.partner_id(), FormatCount(partner.count())});
    for (const auto& code : partner.codes()) {
      table.AddRow({"", "", Violation::Code_Name(code.code()), code.field(), FormatCount(code.count())});
    }
  }
  return absl::StrCat(table.ToString(), FormatCount(stats.total_count()), " errors in all\n");
}

}  // namespace ordermesh::cli
