#include "services/order_store/store/external_id.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "services/common/base/errors.h"
#include "services/order_store/domain/check_order.h"
#include "services/order_store/store/prepared.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

constexpr absl::Duration kRetryAfterFullQueue = absl::Milliseconds(100);

absl::StatusOr<std::vector<std::string>> PartnersWithOrders(const kv::Kv& kv) {
  std::vector<std::string> partners;
  const auto totals = kv.NewIterator(kCounters);
  for (totals->Seek(TotalsKey("", "").substr(0, 1)); totals->Valid(); totals->Next()) {
    OM_ASSIGN_OR_RETURN(const CounterKey key, DecodeCounterKey(totals->key()));
    if (key.hour.has_value()) break;
    if (partners.empty() || partners.back() != key.partner_id) partners.emplace_back(key.partner_id);
  }
  OM_RETURN_IF_ERROR(totals->status());
  return partners;
}

// Waits until the writer has looked the items up.
absl::Status Ask(Writer& writer, bool has_thread, const std::shared_ptr<PreparedGroup>& group) {
  absl::Notification done;
  if (!writer.Submit(group, [&done](PreparedGroup&) { done.Notify(); })) {
    return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                             "the queue of the order-store is full; wait and ask again"),
                     kRetryAfterFullQueue);
  }
  while (!has_thread && !done.HasBeenNotified()) writer.Step();
  done.WaitForNotification();
  return group->statuses.empty() ? absl::OkStatus() : group->statuses.front().second;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> FindByExternalId(const kv::Kv& kv, Writer& writer, bool has_thread,
                                                      const std::string& partner_id,
                                                      const std::string& external_order_id) {
  std::vector<std::string> partners = {partner_id};
  if (partner_id.empty()) {
    OM_ASSIGN_OR_RETURN(partners, PartnersWithOrders(kv));
  }
  const auto group = std::make_shared<PreparedGroup>();
  for (const std::string& partner : partners) {
    if (CheckIdentity(partner, external_order_id).ok()) AddLookup(partner, external_order_id, *group);
  }
  std::vector<int64_t> positions;
  if (group->items.empty()) return positions;
  OM_RETURN_IF_ERROR(Ask(writer, has_thread, group));
  for (const PreparedItem& item : group->items) {
    if (item.position > 0) positions.push_back(item.position);
  }
  std::sort(positions.begin(), positions.end(), std::greater<>());
  return positions;
}

}  // namespace ordermesh::order_store
