// A look into the bytes of a serialized order that makes no objects of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ordermesh {

// The accessors are named as those of the messages, so that a template can take either.
class MoneyView {
 public:
  std::string_view currency_code() const { return currency_code_; }
  int64_t units() const { return units_; }
  int32_t nanos() const { return nanos_; }

 private:
  friend class OrderReader;
  std::string_view currency_code_;
  int64_t units_ = 0;
  int32_t nanos_ = 0;
};

class TimestampView {
 public:
  int64_t seconds() const { return seconds_; }
  int32_t nanos() const { return nanos_; }

 private:
  friend class OrderReader;
  int64_t seconds_ = 0;
  int32_t nanos_ = 0;
};

class OrderLineView {
 public:
  std::string_view product_id() const { return product_id_; }
  std::string_view quantity() const { return quantity_; }
  bool has_unit_price() const { return has_unit_price_; }
  const MoneyView& unit_price() const { return unit_price_; }

 private:
  friend class OrderReader;
  std::string_view product_id_;
  std::string_view quantity_;
  bool has_unit_price_ = false;
  MoneyView unit_price_;
};

// An ordermesh.order.v1.Order. Views into the bytes that it was read from. One object reads many orders and keeps the
// memory of its lines.
class OrderView {
 public:
  // Reads what every protobuf library writes: the fields in ascending order (only the raw payload may also come last),
  // each once and none unknown, texts in ASCII. False for anything else, with nothing to be read: such bytes may be an
  // order too, but not one that can be forwarded or stored as they are. Parse them.
  bool Read(std::string_view bytes);

  std::string_view id() const { return id_; }
  std::string_view external_order_id() const { return external_order_id_; }
  std::string_view partner_id() const { return partner_id_; }
  bool has_sequence_number() const { return has_sequence_number_; }
  int64_t sequence_number() const { return sequence_number_; }
  const std::vector<OrderLineView>& lines() const { return lines_; }
  const OrderLineView& lines(int index) const { return lines_[static_cast<size_t>(index)]; }
  int lines_size() const { return static_cast<int>(lines_.size()); }
  std::string_view customer_id() const { return customer_id_; }
  std::string_view tax_rate() const { return tax_rate_; }
  bool has_gross_amount() const { return has_gross_amount_; }
  const MoneyView& gross_amount() const { return gross_amount_; }
  bool has_tax_amount() const { return has_tax_amount_; }
  const MoneyView& tax_amount() const { return tax_amount_; }
  bool has_net_amount() const { return has_net_amount_; }
  const MoneyView& net_amount() const { return net_amount_; }
  std::string_view currency() const { return currency_; }
  bool has_transaction_time() const { return has_transaction_time_; }
  const TimestampView& transaction_time() const { return transaction_time_; }
  bool has_received_time() const { return has_received_time_; }
  bool has_processed_at() const { return has_processed_at_; }
  std::string_view raw_payload() const { return raw_payload_; }
  int32_t mapping_version() const { return mapping_version_; }
  std::string_view ingest_id() const { return ingest_id_; }
  std::string_view trace_id() const { return trace_id_; }

  // What is before the raw payload's field, and what is behind it: together the order without it.
  std::string_view before_raw_payload() const { return before_raw_payload_; }
  std::string_view after_raw_payload() const { return after_raw_payload_; }

 private:
  friend class OrderReader;
  std::string_view id_;
  std::string_view external_order_id_;
  std::string_view partner_id_;
  int64_t sequence_number_ = 0;
  std::vector<OrderLineView> lines_;
  std::string_view customer_id_;
  std::string_view tax_rate_;
  MoneyView gross_amount_;
  MoneyView tax_amount_;
  MoneyView net_amount_;
  std::string_view currency_;
  TimestampView transaction_time_;
  std::string_view raw_payload_;
  int32_t mapping_version_ = 0;
  std::string_view ingest_id_;
  std::string_view trace_id_;
  std::string_view before_raw_payload_;
  std::string_view after_raw_payload_;
  bool has_sequence_number_ = false;
  bool has_gross_amount_ = false;
  bool has_tax_amount_ = false;
  bool has_net_amount_ = false;
  bool has_transaction_time_ = false;
  bool has_received_time_ = false;
  bool has_processed_at_ = false;
};

}  // namespace ordermesh
