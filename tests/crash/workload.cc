#include "tests/crash/workload.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/base/decimal.h"
#include "services/common/base/errors.h"

namespace ordermesh::crash {
namespace {

using order::v1::Order;

// 2026-01-15T10:30:00Z: inside the window of every partner's rules.
constexpr int64_t kFirstSecond = 1768473000;

// splitmix64: spreads neighbouring numbers over all 64 bits.
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

bool IsA(uint64_t number) { return number % 10 < 7; }

Decimal Of(std::string_view text) {
  auto parsed = Decimal::Parse(text);
  OM_CHECK(parsed.ok());
  return *parsed;
}

void SetMoney(const Decimal& amount, const std::string& currency, google::type::Money* money) {
  OM_CHECK(amount.ToMoney(currency, money).ok());
}

// Amounts from the lines, as the documents define them.
void SetAmounts(Order& order) {
  Decimal gross;
  for (const auto& line : order.lines()) {
    gross = *gross.Add(*Of(line.quantity()).Multiply(*Decimal::FromMoney(line.unit_price())));
  }
  const Decimal tax = *gross.Multiply(Of(order.tax_rate()));
  SetMoney(gross, order.currency(), order.mutable_gross_amount());
  SetMoney(tax, order.currency(), order.mutable_tax_amount());
  SetMoney(*gross.Add(tax), order.currency(), order.mutable_net_amount());
}

void AddLine(Order& order, uint64_t bits, uint64_t more) {
  auto* line = order.add_lines();
  line->set_product_id(absl::StrCat("SKU-", bits % 997));
  line->set_quantity(absl::StrCat(1 + (bits >> 10) % 9 + more));
  SetMoney(Decimal::Of(static_cast<__int128>(1 + (bits >> 16) % 20'000), 2), order.currency(),
           line->mutable_unit_price());
}

bool SameMoney(const google::type::Money& a, const google::type::Money& b) {
  return a.units() == b.units() && a.nanos() == b.nanos();
}

bool SameNumber(std::string_view a, std::string_view b) {
  auto left = Decimal::Parse(a);
  auto right = Decimal::Parse(b);
  return left.ok() && right.ok() && *left == *right;
}

bool SameLines(const Order& a, const Order& b) {
  if (a.lines_size() != b.lines_size()) return false;
  for (int i = 0; i < a.lines_size(); ++i) {
    if (a.lines(i).product_id() != b.lines(i).product_id() ||
        !SameNumber(a.lines(i).quantity(), b.lines(i).quantity()) ||
        !SameMoney(a.lines(i).unit_price(), b.lines(i).unit_price())) {
      return false;
    }
  }
  return true;
}

std::string PriceOf(const order::v1::OrderLine& line) { return Decimal::FromMoney(line.unit_price())->ToString(); }

std::string TimeOf(const Order& order, const char* format) {
  return absl::FormatTime(format, absl::FromUnixSeconds(order.transaction_time().seconds()), absl::UTCTimeZone());
}

}  // namespace

Shape Workload::ShapeOf(uint64_t number) const {
  if (number == poison_number_) return Shape::kPoisonB;
  if (number % 10 < 5) return Shape::kTypedA;
  if (IsA(number)) return Shape::kRawA;
  return Mix(seed_ ^ number) % 40 == 0 ? Shape::kInvalidB : Shape::kRawB;
}

bool Workload::IsValid(uint64_t number) const {
  const Shape shape = ShapeOf(number);
  return shape != Shape::kInvalidB && shape != Shape::kPoisonB;
}

const char* Workload::PartnerOf(uint64_t number) { return IsA(number) ? "partner-a" : "partner-b"; }

std::string Workload::ExternalIdOf(uint64_t number) const {
  return absl::StrFormat("%016x-%d", Mix(seed_ + number), number);
}

std::optional<uint64_t> Workload::NumberOf(std::string_view external_id) const {
  const size_t dash = external_id.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = external_id.substr(dash + 1);
  uint64_t number = 0;
  if (!absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()), &number)) return std::nullopt;
  return ExternalIdOf(number) == external_id ? std::optional(number) : std::nullopt;
}

Order Workload::Expected(uint64_t number, bool altered) const {
  const uint64_t bits = Mix(seed_ * 31 + number);
  Order order;
  order.set_partner_id(PartnerOf(number));
  order.set_external_order_id(ExternalIdOf(number));
  order.set_currency(IsA(number) ? "USD" : "EUR");
  order.set_tax_rate("0.08");
  order.mutable_transaction_time()->set_seconds(kFirstSecond + static_cast<int64_t>(number % 86'400));
  AddLine(order, bits, altered ? 1 : 0);
  if (IsA(number)) {
    order.set_sequence_number(static_cast<int64_t>(number / 10 * 7 + number % 10 + 1));
    order.set_customer_id(absl::StrCat("CUST-", (bits >> 32) % 4'999));
  } else {
    order.set_customer_id(absl::StrCat(9'000 + (bits >> 32) % 900));
    for (uint64_t line = 0; line < (bits >> 44) % 3; ++line) AddLine(order, Mix(bits + line), 0);
  }
  SetAmounts(order);
  return order;
}

std::string Workload::PayloadA(const Order& order) const {
  return absl::StrCat(R"({"externalOrderId": ")", order.external_order_id(), R"(", "sequenceNumber": )",
                      order.sequence_number(), R"(, "productId": ")", order.lines(0).product_id(),
                      R"(", "customerId": ")", order.customer_id(), R"(", "quantity": )", order.lines(0).quantity(),
                      R"(, "unitPrice": )", PriceOf(order.lines(0)),
                      R"(, "taxRate": 0.08, "currency": "USD", "transactionTime": ")",
                      TimeOf(order, "%Y-%m-%dT%H:%M:%S.000Z"), R"("})");
}

std::string Workload::PayloadB(const Order& order, Shape shape) const {
  std::string items;
  for (const auto& line : order.lines()) {
    absl::StrAppend(&items, items.empty() ? "" : ", ", R"({"sku": ")", line.product_id(), R"(", "qty": )",
                    shape == Shape::kInvalidB ? "-1" : line.quantity(), R"(, "price": ")", PriceOf(line), R"("})");
  }
  const std::string buyer = shape == Shape::kPoisonB ? kPoisonMark : order.customer_id();
  return absl::StrCat(R"({"order": {"ref": ")", order.external_order_id(), R"(", "placedAt": ")",
                      TimeOf(order, "%Y-%m-%d %H:%M:%S"), R"("}, "buyer": {"id": ")", buyer, R"("}, "items": [)", items,
                      R"(], "tax": {"ratePercent": 8}, "currency": "EUR"})");
}

feed::v1::OrderInput Workload::Input(uint64_t number, bool altered) const {
  const Shape shape = ShapeOf(number);
  Order order = Expected(number, altered);
  feed::v1::OrderInput input;
  if (shape == Shape::kTypedA) {
    order.clear_gross_amount();
    order.clear_tax_amount();
    order.clear_net_amount();
    *input.mutable_order() = std::move(order);
  } else {
    input.set_raw_payload(shape == Shape::kRawA ? PayloadA(order) : PayloadB(order, shape));
  }
  return input;
}

std::string DifferingField(const Order& expected, const Order& stored) {
  if (expected.partner_id() != stored.partner_id()) return "partnerId";
  if (expected.external_order_id() != stored.external_order_id()) return "externalOrderId";
  if (expected.has_sequence_number() != stored.has_sequence_number() ||
      expected.sequence_number() != stored.sequence_number()) {
    return "sequenceNumber";
  }
  if (!SameLines(expected, stored)) return "lines";
  if (expected.customer_id() != stored.customer_id()) return "customerId";
  if (!SameNumber(expected.tax_rate(), stored.tax_rate())) return "taxRate";
  if (!SameMoney(expected.gross_amount(), stored.gross_amount())) return "grossAmount";
  if (!SameMoney(expected.tax_amount(), stored.tax_amount())) return "taxAmount";
  if (!SameMoney(expected.net_amount(), stored.net_amount())) return "netAmount";
  if (expected.currency() != stored.currency()) return "currency";
  if (expected.transaction_time().seconds() != stored.transaction_time().seconds()) return "transactionTime";
  return "";
}

}  // namespace ordermesh::crash
