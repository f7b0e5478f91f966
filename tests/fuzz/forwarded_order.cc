// The bytes of an order, which come from outside and are looked into by two services without a message being made of
// them: must come to the same as if one had been made.
#include <string>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/errors.h"
#include "services/feed/domain/submission.h"
#include "services/order_store/store/prepared.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

using feed::internal::v1::OrderInput;
using order::v1::Order;
using order_store::PreparedGroup;
using order_store::PreparedItem;

// An empty currency ahead of all else: the same order, but written as only the parser takes it.
std::string Unusual(std::string_view bytes) { return std::string("\x5a\0", 2) + std::string(bytes); }

// But for the details, whose order is random.
bool AreSame(const absl::Status& a, const absl::Status& b) {
  return a.code() == b.code() && a.message() == b.message();
}

std::unique_ptr<PreparedGroup> Prepared(std::string bytes) {
  order::v1::CommitOrdersRequest request;
  auto* item = request.add_items();
  item->set_ingest_id_low(1);
  item->set_order(std::move(bytes));
  return order_store::Prepare(request);
}

void CheckRows(const PreparedGroup& a, const PreparedGroup& b) {
  const PreparedItem& x = a.items[0];
  const PreparedItem& y = b.items[0];
  OM_CHECK(x.content == y.content && x.lines == y.lines && x.sequence_number == y.sequence_number);
  OM_CHECK(x.has_sequence_number == y.has_sequence_number && x.sums.gross == y.sums.gross && x.sums.net == y.sums.net);
  OM_CHECK(x.terms.partner == y.terms.partner && x.terms.customer == y.terms.customer && x.terms.hour == y.terms.hour);
  OM_CHECK(a.product_terms == b.product_terms);
  OM_CHECK(a.View(x.identity) == b.View(y.identity) && a.View(x.payload) == b.View(y.payload));
  const auto row = order_store::DecodeStoredOrder(a.View(x.row));
  const auto other = order_store::DecodeStoredOrder(b.View(y.row));
  OM_CHECK(row.ok() && other.ok());
  OM_CHECK(row->SerializeAsString() == other->SerializeAsString());
  OM_CHECK(row->raw_payload().empty() && row->id().empty() && row->ingest_id().empty() && !row->has_processed_at());
}

void CheckStore(std::string_view bytes, bool is_order) {
  const auto usual = Prepared(std::string(bytes));
  const auto unusual = Prepared(Unusual(bytes));
  OM_CHECK(usual->items[0].failed == unusual->items[0].failed);
  if (usual->items[0].failed) {
    OM_CHECK(AreSame(usual->statuses[0].second, unusual->statuses[0].second));
  } else {
    OM_CHECK(is_order);
    CheckRows(*usual, *unusual);
  }
}

void CheckFeed(std::string_view bytes, const Order* order) {
  OrderInput usual, unusual;
  usual.set_order(std::string(bytes));
  unusual.set_order(Unusual(bytes));
  const absl::Status status = feed::CheckCardData(usual, "");
  OM_CHECK(AreSame(status, feed::CheckCardData(unusual, "")));
  OM_CHECK(order != nullptr || !status.ok());
  if (!status.ok()) return;
  Order sent, sent_unusual, known = *order;
  OM_CHECK(sent.ParseFromString(usual.order()) && sent_unusual.ParseFromString(unusual.order()));
  known.DiscardUnknownFields();
  OM_CHECK(sent.SerializeAsString() == known.SerializeAsString());
  OM_CHECK(sent_unusual.SerializeAsString() == known.SerializeAsString());
}

void Forward(std::string_view bytes) {
  Order order;
  const bool is_order = order.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  CheckFeed(bytes, is_order ? &order : nullptr);
  CheckStore(bytes, is_order);
}

}  // namespace
}  // namespace ordermesh::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ordermesh::fuzz::Forward(ordermesh::fuzz::TextOf(data, size));
  return 0;
}
