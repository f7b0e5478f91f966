#include "services/order_store/domain/order_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/decimal.h"

namespace ordermesh::order_store {
namespace {

std::string AmountText(const google::type::Money& money) {
  const auto amount = Decimal::FromMoney(money);
  return amount.ok() ? amount->ToString() : "";
}

}  // namespace

std::string OrderCsvHeader() {
  CsvLine line;
  for (const char* name :
       {"id", "partnerId", "externalOrderId", "sequenceNumber", "customerId", "currency", "grossAmount", "taxAmount",
        "netAmount", "taxRate", "transactionTime", "receivedTime", "processedAt", "lineCount", "lines"}) {
    line.Add(name);
  }
  return line.Take();
}

std::string OrderCsvLine(const order::v1::Order& order) {
  const auto add_line = [](std::string* text, const order::v1::OrderLine& one) {
    absl::StrAppend(text, one.product_id(), " x ", one.quantity(), " @ ", AmountText(one.unit_price()));
  };
  CsvLine line;
  line.Add(order.id())
      .Add(order.partner_id())
      .Add(order.external_order_id())
      .Add(order.has_sequence_number() ? absl::StrCat(order.sequence_number()) : "")
      .Add(order.customer_id())
      .Add(order.currency())
      .Add(AmountText(order.gross_amount()))
      .Add(AmountText(order.tax_amount()))
      .Add(AmountText(order.net_amount()))
      .Add(order.tax_rate())
      .Add(TimeText(order.transaction_time()))
      .Add(TimeText(order.received_time()))
      .Add(TimeText(order.processed_at()))
      .Add(absl::StrCat(order.lines_size()))
      .Add(absl::StrJoin(order.lines(), "; ", add_line));
  return line.Take();
}

}  // namespace ordermesh::order_store
