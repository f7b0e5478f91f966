#include "services/order_store/store/row_order.h"

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"

namespace ordermesh::order_store {
namespace {

using order::v1::Order;

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kMillisPerSecond = 1'000;

// In units of which a second has so many: the milliseconds of an id may be more than 64 bits hold as nanoseconds.
void SetTime(int64_t since_epoch, int64_t units_per_second, google::protobuf::Timestamp* time) {
  time->set_seconds(since_epoch / units_per_second);
  time->set_nanos(static_cast<int32_t>(since_epoch % units_per_second * (kNanosPerSecond / units_per_second)));
}

void SetFields(const RowHead& head, uint32_t shard, int64_t position, Order& order) {
  order.set_id(MakeOrderId({shard, position}).ToString());
  order.set_ingest_id(head.ingest_id.ToString());
  SetTime(UnixMsOf(head.ingest_id), kMillisPerSecond, order.mutable_received_time());
  SetTime(head.processed_at_ns, kNanosPerSecond, order.mutable_processed_at());
}

absl::Status ParseOrder(std::string_view bytes, order::v1::Order* order) {
  if (!order->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Damaged("rows");
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeOrder(std::string_view row, uint32_t shard, int64_t position, order::v1::Order* order) {
  OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
  OM_RETURN_IF_ERROR(ParseOrder(view.order, order));
  SetFields(view.head, shard, position, *order);
  return absl::OkStatus();
}

absl::Status WriteOrderOf(std::string_view row, uint32_t shard, int64_t position, Order& fields, std::string* bytes) {
  OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
  SetFields(view.head, shard, position, fields);
  bytes->assign(view.order);
  OM_CHECK(fields.AppendToString(bytes));
  return absl::OkStatus();
}

absl::StatusOr<order::v1::Order> DecodeStoredOrder(std::string_view row) {
  OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
  order::v1::Order order;
  OM_RETURN_IF_ERROR(ParseOrder(view.order, &order));
  return order;
}

}  // namespace ordermesh::order_store
