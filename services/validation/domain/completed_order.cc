#include "services/validation/domain/completed_order.h"

#include <array>

#include "google/protobuf/io/coded_stream.h"
#include "services/common/base/decimal.h"

namespace ordermesh::validation {
namespace {

using google::protobuf::Timestamp;
using google::protobuf::io::CodedOutputStream;
using google::type::Money;
using order::v1::Order;
using order::v1::OrderLine;

// Most quantities are plain whole numbers, which are normal as they are.
bool IsNormal(std::string_view quantity) { return quantity.find_first_of(".eE-") == std::string_view::npos; }

std::string Normal(std::string_view quantity) { return Decimal::Parse(quantity)->ToString(); }

// How many bytes a field takes, its tag of one byte included. As in every proto3 message, what is empty or 0 is left
// out.
size_t BytesOf(std::string_view text) {
  return text.empty() ? 0 : 1 + CodedOutputStream::VarintSize32(static_cast<uint32_t>(text.size())) + text.size();
}
size_t BytesOf(int64_t number) {
  return number == 0 ? 0 : 1 + CodedOutputStream::VarintSize64(static_cast<uint64_t>(number));
}
size_t MoneyBytes(std::string_view currency, const OrderAmounts::Amount& amount) {
  return BytesOf(currency) + BytesOf(amount.units) + BytesOf(int64_t{amount.nanos});
}

// Appends fields.
class FieldWriter {
 public:
  explicit FieldWriter(std::string& bytes) : bytes_(bytes) {}

  void Text(int field, std::string_view text) {
    if (text.empty()) return;
    Head(field, text.size());
    bytes_ += text;
  }
  void Number(int field, int64_t number) {
    if (number != 0) AlwaysNumber(field, number);
  }
  void AlwaysNumber(int field, int64_t number) {
    Varints(static_cast<uint32_t>(field) << 3, static_cast<uint64_t>(number));
  }
  // Begins a text or a message.
  void Head(int field, size_t size) { Varints(static_cast<uint32_t>(field) << 3 | 2, size); }
  void Amount(int field, std::string_view currency, const OrderAmounts::Amount& amount) {
    Head(field, MoneyBytes(currency, amount));
    Text(Money::kCurrencyCodeFieldNumber, currency);
    Number(Money::kUnitsFieldNumber, amount.units);
    Number(Money::kNanosFieldNumber, amount.nanos);
  }

 private:
  void Varints(uint32_t tag, uint64_t value) {
    std::array<uint8_t, 16> buffer;
    uint8_t* end = CodedOutputStream::WriteVarint32ToArray(tag, buffer.data());
    end = CodedOutputStream::WriteVarint64ToArray(value, end);
    bytes_.append(reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(end - buffer.data()));
  }

  std::string& bytes_;
};

void WriteLine(const OrderLineView& line, std::string_view currency, FieldWriter& writer) {
  std::string normal;
  std::string_view quantity = line.quantity();
  if (!IsNormal(quantity)) quantity = normal = Normal(quantity);
  const OrderAmounts::Amount price = {line.unit_price().units(), line.unit_price().nanos()};
  const size_t price_bytes = MoneyBytes(currency, price);
  writer.Head(Order::kLinesFieldNumber, BytesOf(line.product_id()) + BytesOf(quantity) + 1 +
                                            CodedOutputStream::VarintSize32(static_cast<uint32_t>(price_bytes)) +
                                            price_bytes);
  writer.Text(OrderLine::kProductIdFieldNumber, line.product_id());
  writer.Text(OrderLine::kQuantityFieldNumber, quantity);
  writer.Amount(OrderLine::kUnitPriceFieldNumber, currency, price);
}

void WriteTime(int field, const TimestampView& time, FieldWriter& writer) {
  writer.Head(field, BytesOf(time.seconds()) + BytesOf(int64_t{time.nanos()}));
  writer.Number(Timestamp::kSecondsFieldNumber, time.seconds());
  writer.Number(Timestamp::kNanosFieldNumber, time.nanos());
}

}  // namespace

void Complete(const Completion& completion, Order& order) {
  order.clear_id();
  order.clear_received_time();
  order.clear_processed_at();
  order.clear_raw_payload();
  order.clear_ingest_id();
  order.clear_trace_id();
  order.set_partner_id(completion.partner_id.data(), completion.partner_id.size());
  order.set_mapping_version(completion.mapping_version);
  order.set_tax_rate(completion.tax_rate);
  SetAmounts(completion.amounts, order);
  for (OrderLine& line : *order.mutable_lines()) {
    line.mutable_unit_price()->set_currency_code(order.currency());
    if (!IsNormal(line.quantity())) line.set_quantity(Normal(line.quantity()));
  }
}

void WriteCompleted(const OrderView& order, const Completion& completion, std::string& bytes) {
  // What is added to a line and to the order: nearly always enough.
  constexpr size_t kAddedBytes = 160;
  constexpr size_t kAddedToALine = 16;
  const std::string_view currency = order.currency();
  bytes.clear();
  bytes.reserve(order.before_raw_payload().size() + kAddedBytes + order.lines().size() * kAddedToALine);
  FieldWriter writer(bytes);
  writer.Text(Order::kExternalOrderIdFieldNumber, order.external_order_id());
  writer.Text(Order::kPartnerIdFieldNumber, completion.partner_id);
  if (order.has_sequence_number()) writer.AlwaysNumber(Order::kSequenceNumberFieldNumber, order.sequence_number());
  for (const OrderLineView& line : order.lines()) WriteLine(line, currency, writer);
  writer.Text(Order::kCustomerIdFieldNumber, order.customer_id());
  writer.Text(Order::kTaxRateFieldNumber, completion.tax_rate);
  writer.Amount(Order::kGrossAmountFieldNumber, currency, completion.amounts.gross);
  writer.Amount(Order::kTaxAmountFieldNumber, currency, completion.amounts.tax);
  writer.Amount(Order::kNetAmountFieldNumber, currency, completion.amounts.net);
  writer.Text(Order::kCurrencyFieldNumber, currency);
  if (order.has_transaction_time()) WriteTime(Order::kTransactionTimeFieldNumber, order.transaction_time(), writer);
  writer.Number(Order::kMappingVersionFieldNumber, completion.mapping_version);
}

}  // namespace ordermesh::validation
