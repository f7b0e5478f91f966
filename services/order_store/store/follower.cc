#include "services/order_store/store/follower.h"

#include <algorithm>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

constexpr int kDefaultBatch = 256;
// Rows looked at for one message, however few of them pass the filter: the position still moves.
constexpr int64_t kMaxRowsAMessage = 4'096;

}  // namespace

Follower::Follower(const Log& log, const Recent& recent, uint32_t shard, const order::v1::WatchOrdersRequest& request)
    : log_(log),
      recent_(recent),
      shard_(shard),
      partner_id_(request.partner_id()),
      max_batch_(request.max_batch() == 0 ? kDefaultBatch : request.max_batch()),
      position_(request.from_end() ? log.end() : request.after_position()) {}

absl::StatusOr<bool> Follower::Next(order::internal::v1::WatchOrdersResponse* response) {
  const int64_t end = std::min(log_.end(), position_ + kMaxRowsAMessage);
  if (position_ >= end) return false;
  std::shared_ptr<const RecentRows> recent;
  std::unique_ptr<LogReader> reader;
  size_t bytes = 0;
  while (position_ < end && response->orders_size() < max_batch_ && bytes < kMaxStreamMessageBytes) {
    const int64_t next = position_ + 1;
    if (recent == nullptr || recent->last() < next) recent = reader == nullptr ? recent_.Find(next) : nullptr;
    std::string_view row;
    if (recent != nullptr) {
      row = recent->RowAt(next);
    } else {
      const bool fresh = reader == nullptr;
      if (fresh) reader = log_.Read();
      OM_ASSIGN_OR_RETURN(const bool found, fresh ? reader->Seek(next) : reader->Next());
      if (!found || reader->position() != next) return Damaged("rows");
      row = reader->row();
    }
    OM_RETURN_IF_ERROR(Add(row, response));
    bytes += row.size();
    position_ = next;
  }
  response->set_position(position_);
  return true;
}

absl::Status Follower::Add(std::string_view row, order::internal::v1::WatchOrdersResponse* response) {
  OM_ASSIGN_OR_RETURN(const bool wanted, Wants(row));
  if (!wanted) return absl::OkStatus();
  order::internal::v1::WatchedOrder* watched = response->add_orders();
  watched->set_position(position_ + 1);
  return WriteOrderOf(row, shard_, position_ + 1, fields_, watched->mutable_order());
}

absl::StatusOr<bool> Follower::Wants(std::string_view row) {
  if (partner_id_.empty()) return true;
  OM_ASSIGN_OR_RETURN(const RowView stored, DecodeRow(row));
  if (view_.Read(stored.order)) return view_.partner_id() == partner_id_;
  OM_ASSIGN_OR_RETURN(const order::v1::Order order, DecodeStoredOrder(row));
  return order.partner_id() == partner_id_;
}

}  // namespace ordermesh::order_store
