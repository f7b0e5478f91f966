#include "services/order_store/store/order_store.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/order_store/domain/errors.h"
#include "services/order_store/store/external_id.h"
#include "services/order_store/store/order_list.h"
#include "services/order_store/store/order_stats.h"
#include "services/order_store/store/recovery.h"
#include "services/order_store/store/row_order.h"

namespace ordermesh::order_store {
namespace {

constexpr int kMaxWatchBatch = 1'000;

}  // namespace

OrderStore::OrderStore(std::unique_ptr<kv::Kv> kv, StoreOptions options)
    : options_(std::move(options)), kv_(std::move(kv)), recent_(options_.recent_bytes) {}

OrderStore::~OrderStore() = default;

absl::StatusOr<std::unique_ptr<OrderStore>> OrderStore::Open(std::unique_ptr<kv::Kv> kv, std::unique_ptr<Log> log,
                                                             StoreOptions options) {
  std::unique_ptr<OrderStore> store(new OrderStore(std::move(kv), std::move(options)));
  store->log_ = std::move(log);
  if (store->log_ == nullptr) {
    OM_ASSIGN_OR_RETURN(store->log_, OpenKvLog(*store->kv_));
  }
  OM_ASSIGN_OR_RETURN(store->mark_, kv::AckMark::Open(store->options_.mark_path));
  const StoreOptions& own = store->options_;
  OM_RETURN_IF_ERROR(RaiseFormat(*store->kv_, own.record_version));
  OM_RETURN_IF_ERROR(Recover(*store->kv_, *store->log_, own.shard, store->mark_->position()));
  OM_ASSIGN_OR_RETURN(store->indexer_, Indexer::Start(*store->kv_, *store->log_, store->recent_, own.threads));
  // Orders stay, and an internal retry of the first delivery is CREATED: whatever is REPLAYED is worth an entry.
  store->diary_ = std::make_unique<kv::DeliveryDiary>(
      *store->kv_, kDeliveries, [](const kv::DeliveryNote&) { return false; }, own.threads);
  const WriterParts parts{*store->kv_, *store->log_, *store->mark_, store->recent_, *store->diary_, own.shard};
  const auto on_commit = [raw = store.get()] {
    raw->indexer_->Wake();
    raw->options_.on_commit();
  };
  store->writer_ = std::make_unique<Writer>(parts, own.clock, own.fault, own.record_version, on_commit, own.threads);
  return store;
}

absl::StatusOr<order::v1::Order> OrderStore::Get(const order::v1::GetOrderRequest& request) const {
  const auto place = ParseOrderId(request.id());
  if (!place.has_value() || place->shard != options_.shard) return OrderNotFound();
  const auto reader = log_->Read();
  OM_ASSIGN_OR_RETURN(const bool found, reader->Seek(place->position));
  if (!found || reader->position() != place->position) return OrderNotFound();
  order::v1::Order order;
  OM_RETURN_IF_ERROR(DecodeOrder(reader->row(), options_.shard, place->position, &order));
  OM_ASSIGN_OR_RETURN(*order.mutable_raw_payload(), reader->Payload());
  return order;
}

absl::StatusOr<order::v1::ListOrderDeliveriesResponse> OrderStore::Deliveries(const order::v1::Order& order) const {
  const auto id = Uuid::Parse(order.id());
  if (!id.has_value()) return OrderNotFound();
  order::v1::ListOrderDeliveriesResponse response;
  common::v1::Delivery& first = *response.add_deliveries();
  *first.mutable_time() = order.received_time();
  first.set_verdict(common::v1::OrderVerdict::CREATED);
  first.set_trace_id(order.trace_id());
  first.set_ingest_id(order.ingest_id());
  OM_ASSIGN_OR_RETURN(auto others, kv::ReadDeliveries(*kv_, kDeliveries, *id));
  for (common::v1::Delivery& other : others) response.add_deliveries()->Swap(&other);
  return response;
}

absl::StatusOr<order::v1::ListOrdersResponse> OrderStore::List(const order::v1::ListOrdersRequest& request) const {
  OrderList list(*kv_, *log_, *indexer_, options_.shard);
  if (request.external_order_id().empty()) return list.Run(request);
  OM_ASSIGN_OR_RETURN(const auto positions, FindByExternalId(*kv_, *writer_, options_.threads, request.partner_id(),
                                                             request.external_order_id()));
  return list.RunOver(positions, request);
}

absl::StatusOr<order::v1::OrderStats> OrderStore::Stats(const order::v1::GetOrderStatsRequest& request) const {
  return ReadStats(*kv_, request);
}

absl::StatusOr<std::unique_ptr<Follower>> OrderStore::Follow(const order::v1::WatchOrdersRequest& request) const {
  if (request.max_batch() < 0 || request.max_batch() > kMaxWatchBatch) {
    return InvalidField("max_batch", "must be 0 to 1,000");
  }
  if (!request.from_end() && request.after_position() < 0) {
    return InvalidField("after_position", "must not be negative");
  }
  if (!request.from_end() && request.after_position() > end()) return PositionPastEnd(request.after_position(), end());
  return std::make_unique<Follower>(*log_, recent_, options_.shard, request);
}

std::unique_ptr<Audit> OrderStore::StartAudit(const common::v1::AuditRequest& request) const {
  return std::make_unique<Audit>(*kv_, *log_, options_.shard, request.rebuild());
}

}  // namespace ordermesh::order_store
