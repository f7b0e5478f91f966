#include "services/common/base/order_view.h"

#include <cstring>

#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh {
namespace {

using google::protobuf::Timestamp;
using google::type::Money;
using order::v1::Order;
using order::v1::OrderLine;

// Memory for more lines than this is not kept from one order to the next.
constexpr size_t kKeptLines = 1'000;

constexpr uint32_t NumberTag(int field) { return static_cast<uint32_t>(field) << 3; }
constexpr uint32_t BytesTag(int field) { return static_cast<uint32_t>(field) << 3 | 2; }

constexpr uint32_t kLinesTag = BytesTag(Order::kLinesFieldNumber);
constexpr uint32_t kRawPayloadTag = BytesTag(Order::kRawPayloadFieldNumber);

bool IsAscii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t any = 0;
  for (; text.size() >= sizeof(any); text.remove_prefix(sizeof(any))) {
    uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof(eight));
    any |= eight;
  }
  for (const char c : text) any |= static_cast<unsigned char>(c);
  return (any & kHighBits) == 0;
}

}  // namespace

// Fills views. False where the bytes are not as OrderView::Read wants them.
class OrderReader {
 public:
  OrderReader(OrderView& order, std::string_view bytes) : order_(order), bytes_(bytes), fields_(bytes) {}

  bool Read() {
    order_.before_raw_payload_ = bytes_;
    uint32_t last = 0;
    size_t start = 0;
    while (const uint32_t tag = fields_.Next()) {
      if (tag < last && tag == kRawPayloadTag && order_.after_raw_payload_.data() == nullptr) {
        return ReadRawPayload(start) && order_.after_raw_payload_.empty();
      }
      if (tag < last || (tag == last && tag != kLinesTag)) return false;
      if (tag == kRawPayloadTag ? !ReadRawPayload(start) : !ReadField(tag)) return false;
      last = tag;
      start = fields_.position();
    }
    return fields_.Ended();
  }

 private:
  // The fields of one message, from its first byte to its last. Reads nothing that is not there.
  class Fields {
   public:
    explicit Fields(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()), begin_(at_) {}

    // The next field's tag; 0 at the end, and where something is wrong.
    uint32_t Next() {
      const char* const start = at_;
      uint64_t tag = 0;
      if (ReadVarint<kTagBytes>(tag) && tag > 0) return static_cast<uint32_t>(tag);
      at_ = start;
      return 0;
    }
    // After 0: whether it was the end.
    bool Ended() const { return at_ == end_; }
    size_t position() const { return static_cast<size_t>(at_ - begin_); }

    template <typename Number>
    bool Read(Number& number) {
      uint64_t bits = 0;
      if (!ReadVarint<kNumberBytes>(bits)) return false;
      number = static_cast<Number>(bits);
      return true;
    }
    bool ReadBytes(std::string_view& bytes) {
      uint64_t size = 0;
      if (!ReadVarint<kSizeBytes>(size) || size > static_cast<uint64_t>(end_ - at_)) return false;
      bytes = {at_, size};
      at_ += size;
      return true;
    }
    bool ReadText(std::string_view& text) { return ReadBytes(text) && IsAscii(text); }

   private:
    // What our tags need, and what protobuf reads at most: nothing may pass here that does not parse.
    static constexpr int kTagBytes = 2;
    static constexpr int kSizeBytes = 5;
    static constexpr int kNumberBytes = 10;

    template <int kMostBytes>
    bool ReadVarint(uint64_t& bits) {
      bits = 0;
      for (int byte = 0; byte < kMostBytes && at_ != end_; ++byte) {
        const auto next = static_cast<uint8_t>(*at_++);
        bits |= uint64_t{next & 0x7fu} << (7 * byte);
        if (next < 0x80) return true;
      }
      return false;
    }

    const char* at_;
    const char* const end_;
    const char* const begin_;
  };

  // Calls read_field(tag, fields) for every field.
  template <typename ReadField>
  static bool ReadMessage(std::string_view bytes, ReadField read_field) {
    Fields fields(bytes);
    uint32_t last = 0;
    while (const uint32_t tag = fields.Next()) {
      if (tag <= last || !read_field(tag, fields)) return false;
      last = tag;
    }
    return fields.Ended();
  }

  bool ReadField(uint32_t tag) {
    switch (tag) {
      case BytesTag(Order::kIdFieldNumber):
        return fields_.ReadText(order_.id_);
      case BytesTag(Order::kExternalOrderIdFieldNumber):
        return fields_.ReadText(order_.external_order_id_);
      case BytesTag(Order::kPartnerIdFieldNumber):
        return fields_.ReadText(order_.partner_id_);
      case NumberTag(Order::kSequenceNumberFieldNumber):
        order_.has_sequence_number_ = true;
        return fields_.Read(order_.sequence_number_);
      case kLinesTag:
        return ReadLine(order_.lines_.emplace_back());
      case BytesTag(Order::kCustomerIdFieldNumber):
        return fields_.ReadText(order_.customer_id_);
      case BytesTag(Order::kTaxRateFieldNumber):
        return fields_.ReadText(order_.tax_rate_);
      case BytesTag(Order::kGrossAmountFieldNumber):
        return ReadMoney(fields_, order_.has_gross_amount_, order_.gross_amount_);
      case BytesTag(Order::kTaxAmountFieldNumber):
        return ReadMoney(fields_, order_.has_tax_amount_, order_.tax_amount_);
      case BytesTag(Order::kNetAmountFieldNumber):
        return ReadMoney(fields_, order_.has_net_amount_, order_.net_amount_);
      case BytesTag(Order::kCurrencyFieldNumber):
        return fields_.ReadText(order_.currency_);
      case BytesTag(Order::kTransactionTimeFieldNumber):
        return ReadTime(order_.has_transaction_time_, order_.transaction_time_);
      case BytesTag(Order::kReceivedTimeFieldNumber):
        return ReadTime(order_.has_received_time_, unused_time_);
      case BytesTag(Order::kProcessedAtFieldNumber):
        return ReadTime(order_.has_processed_at_, unused_time_);
      case NumberTag(Order::kMappingVersionFieldNumber):
        return fields_.Read(order_.mapping_version_);
      case BytesTag(Order::kIngestIdFieldNumber):
        return fields_.ReadText(order_.ingest_id_);
      case BytesTag(Order::kTraceIdFieldNumber):
        return fields_.ReadText(order_.trace_id_);
      default:
        return false;
    }
  }

  // `start` is where its tag is.
  bool ReadRawPayload(size_t start) {
    order_.before_raw_payload_ = bytes_.substr(0, start);
    if (!fields_.ReadBytes(order_.raw_payload_)) return false;
    order_.after_raw_payload_ = bytes_.substr(fields_.position());
    return true;
  }

  bool ReadLine(OrderLineView& line) {
    std::string_view bytes;
    return fields_.ReadBytes(bytes) && ReadMessage(bytes, [&line](uint32_t tag, Fields& fields) {
             switch (tag) {
               case BytesTag(OrderLine::kProductIdFieldNumber):
                 return fields.ReadText(line.product_id_);
               case BytesTag(OrderLine::kQuantityFieldNumber):
                 return fields.ReadText(line.quantity_);
               case BytesTag(OrderLine::kUnitPriceFieldNumber):
                 return ReadMoney(fields, line.has_unit_price_, line.unit_price_);
               default:
                 return false;
             }
           });
  }

  static bool ReadMoney(Fields& from, bool& is_there, MoneyView& money) {
    is_there = true;
    std::string_view bytes;
    return from.ReadBytes(bytes) && ReadMessage(bytes, [&money](uint32_t tag, Fields& fields) {
             switch (tag) {
               case BytesTag(Money::kCurrencyCodeFieldNumber):
                 return fields.ReadText(money.currency_code_);
               case NumberTag(Money::kUnitsFieldNumber):
                 return fields.Read(money.units_);
               case NumberTag(Money::kNanosFieldNumber):
                 return fields.Read(money.nanos_);
               default:
                 return false;
             }
           });
  }

  bool ReadTime(bool& is_there, TimestampView& time) {
    is_there = true;
    std::string_view bytes;
    return fields_.ReadBytes(bytes) && ReadMessage(bytes, [&time](uint32_t tag, Fields& fields) {
             switch (tag) {
               case NumberTag(Timestamp::kSecondsFieldNumber):
                 return fields.Read(time.seconds_);
               case NumberTag(Timestamp::kNanosFieldNumber):
                 return fields.Read(time.nanos_);
               default:
                 return false;
             }
           });
  }

  OrderView& order_;
  const std::string_view bytes_;
  Fields fields_;
  TimestampView unused_time_;
};

bool OrderView::Read(std::string_view bytes) {
  std::vector<OrderLineView> lines = std::move(lines_);
  if (lines.capacity() > kKeptLines) lines = {};
  lines.clear();
  *this = OrderView();
  lines_ = std::move(lines);
  return OrderReader(*this, bytes).Read();
}

}  // namespace ordermesh
