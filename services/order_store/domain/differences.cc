#include "services/order_store/domain/differences.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/decimal.h"
#include "services/common/base/limits.h"

namespace ordermesh::order_store {
namespace {

using order::v1::Order;
using order::v1::OrderLine;

bool SameNumber(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = Decimal::Parse(a.empty() ? "0" : a);
  const auto y = Decimal::Parse(b.empty() ? "0" : b);
  return x.ok() && y.ok() && *x == *y;
}

std::string MoneyText(const google::type::Money& money) {
  const auto amount = Decimal::FromMoney(money);
  return amount.ok() ? amount->ToString() : "";
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  const absl::Time at = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", at, absl::UTCTimeZone());
}

// At most kMaxViolationValueBytes, cut before a character of UTF-8.
std::string Shortened(std::string value) {
  if (value.size() <= kMaxViolationValueBytes) return value;
  size_t end = kMaxViolationValueBytes;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  value.resize(end);
  return value;
}

class Collector {
 public:
  explicit Collector(Violations* violations) : violations_(violations) {}

  void Add(std::string_view field, int line, std::string value) {
    if (violations_->size() >= kMaxViolations) return;
    common::v1::Violation* violation = violations_->Add();
    violation->set_field(std::string(field));
    violation->set_line(line);
    violation->set_code(common::v1::Violation::DIFFERS);
    violation->set_message("differs from the order that holds this external order id");
    violation->set_value(Shortened(std::move(value)));
  }

 private:
  Violations* const violations_;
};

void CompareLine(const OrderLine& holder, const OrderLine& line, int number, Collector& found) {
  if (holder.product_id() != line.product_id()) found.Add("productId", number, line.product_id());
  if (!SameNumber(holder.quantity(), line.quantity())) found.Add("quantity", number, line.quantity());
  if (holder.unit_price().units() != line.unit_price().units() ||
      holder.unit_price().nanos() != line.unit_price().nanos()) {
    found.Add("unitPrice", number, MoneyText(line.unit_price()));
  }
}

}  // namespace

void AppendDifferences(const Order& holder, const Order& order, Violations* violations) {
  Collector found(violations);
  if (holder.has_sequence_number() != order.has_sequence_number() ||
      holder.sequence_number() != order.sequence_number()) {
    found.Add("sequenceNumber", 0, order.has_sequence_number() ? absl::StrCat(order.sequence_number()) : "");
  }
  if (holder.customer_id() != order.customer_id()) found.Add("customerId", 0, order.customer_id());
  if (!SameNumber(holder.tax_rate(), order.tax_rate())) found.Add("taxRate", 0, order.tax_rate());
  if (holder.currency() != order.currency()) found.Add("currency", 0, order.currency());
  if (holder.transaction_time().seconds() != order.transaction_time().seconds() ||
      holder.transaction_time().nanos() != order.transaction_time().nanos()) {
    found.Add("transactionTime", 0, TimeText(order.transaction_time()));
  }
  if (holder.lines_size() != order.lines_size()) found.Add("lines", 0, absl::StrCat(order.lines_size()));
  const int common = std::min(holder.lines_size(), order.lines_size());
  for (int i = 0; i < common; ++i) CompareLine(holder.lines(i), order.lines(i), i + 1, found);
}

void AppendSequenceReused(int64_t sequence_number, Violations* violations) {
  common::v1::Violation* violation = violations->Add();
  violation->set_field("sequenceNumber");
  violation->set_code(common::v1::Violation::DIFFERS);
  violation->set_message("the number belongs to another order of the partner");
  violation->set_value(absl::StrCat(sequence_number));
}

}  // namespace ordermesh::order_store
