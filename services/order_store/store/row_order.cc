#include "services/order_store/store/row_order.h"

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"

namespace ordermesh::order_store {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

void SetTime(int64_t unix_ns, google::protobuf::Timestamp* time) {
  time->set_seconds(unix_ns / kNanosPerSecond);
  time->set_nanos(static_cast<int32_t>(unix_ns % kNanosPerSecond));
}

absl::Status ParseOrder(std::string_view bytes, order::v1::Order* order) {
  if (!order->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Damaged("rows");
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeOrder(std::string_view row, uint32_t shard, int64_t position, order::v1::Order* order) {
  OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
  OM_RETURN_IF_ERROR(ParseOrder(view.order, order));
  order->set_id(MakeOrderId({shard, position}).ToString());
  order->set_ingest_id(view.head.ingest_id.ToString());
  SetTime(UnixMsOf(view.head.ingest_id) * kNanosPerMilli, order->mutable_received_time());
  SetTime(view.head.processed_at_ns, order->mutable_processed_at());
  return absl::OkStatus();
}

absl::StatusOr<order::v1::Order> DecodeStoredOrder(std::string_view row) {
  OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
  order::v1::Order order;
  OM_RETURN_IF_ERROR(ParseOrder(view.order, &order));
  return order;
}

}  // namespace ordermesh::order_store
