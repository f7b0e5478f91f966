// Orders for the tests of the order-store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ordermesh/order/v1/order_commit_service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/order_bytes.h"

namespace ordermesh::order_store {

// An order of partner-a with one line of 5 x 29.99 USD at a tax rate of 0.08.
inline order::v1::Order MakeOrder(const std::string& external_order_id,
                                  std::optional<int64_t> sequence_number = std::nullopt) {
  order::v1::Order order;
  order.set_partner_id("partner-a");
  order.set_external_order_id(external_order_id);
  if (sequence_number.has_value()) order.set_sequence_number(*sequence_number);
  order::v1::OrderLine* line = order.add_lines();
  line->set_product_id("SKU-ABC123");
  line->set_quantity("5");
  line->mutable_unit_price()->set_units(29);
  line->mutable_unit_price()->set_nanos(990'000'000);
  order.set_customer_id("CUST-001");
  order.set_tax_rate("0.08");
  order.set_currency("USD");
  order.mutable_gross_amount()->set_units(149);
  order.mutable_gross_amount()->set_nanos(950'000'000);
  order.mutable_tax_amount()->set_units(11);
  order.mutable_tax_amount()->set_nanos(996'000'000);
  order.mutable_net_amount()->set_units(161);
  order.mutable_net_amount()->set_nanos(946'000'000);
  order.mutable_transaction_time()->set_seconds(1'768'473'000);  // 2026-01-15T10:30:00Z
  order.set_mapping_version(1);
  return order;
}

// 2026-01-15T10:31:00.123Z, the received time of every ingest id below.
inline constexpr int64_t kReceivedMs = 1'768'473'060'123;

// Different for different numbers.
inline Uuid MakeIngestId(uint64_t number) { return MakeUuidV7(kReceivedMs, number, number * 0x9e3779b97f4a7c15); }

inline constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
inline constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
inline constexpr char kOtherTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
inline constexpr char kOtherTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

inline order::v1::CommitItem* AddItem(order::v1::CommitOrdersRequest& request, uint64_t ingest) {
  order::v1::CommitItem* item = request.add_items();
  item->set_tag(static_cast<uint64_t>(request.items_size()));
  const Uuid id = MakeIngestId(ingest);
  item->set_ingest_id_high(id.high);
  item->set_ingest_id_low(id.low);
  return item;
}

// `raw` may be empty: then the order came typed.
inline order::v1::CommitItem* AddOrder(order::v1::CommitOrdersRequest& request, uint64_t ingest,
                                       const order::v1::Order& order, std::string_view raw = "") {
  order::v1::CommitItem* item = AddItem(request, ingest);
  WriteOrder(order, raw, *item->mutable_order());
  if (!raw.empty()) item->set_raw_sha256(Sha256(raw));
  return item;
}

inline order::v1::CommitItem* AddQuestion(order::v1::CommitOrdersRequest& request, uint64_t ingest,
                                          const std::string& external_order_id, std::string_view raw) {
  order::v1::CommitItem* item = AddItem(request, ingest);
  item->mutable_question()->set_partner_id("partner-a");
  item->mutable_question()->set_external_order_id(external_order_id);
  if (!raw.empty()) item->set_raw_sha256(Sha256(raw));
  return item;
}

}  // namespace ordermesh::order_store
