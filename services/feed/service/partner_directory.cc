#include "services/feed/service/partner_directory.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/feed/domain/errors.h"
#include "services/feed/domain/submission.h"

namespace ordermesh::feed {

using partners::v1::Partner;

absl::Status CheckCaller(const std::optional<rpc::Identity>& identity, const std::string& partner_id) {
  if (!partner_id.empty()) OM_RETURN_IF_ERROR(rpc::VisiblePartner(identity, partner_id).status());
  return CheckPartnerId(partner_id);
}

void PartnerDirectory::Update(const rpc::PartnerMap& partners) {
  const std::shared_ptr<const Entries> before = Current();
  auto next = std::make_shared<Entries>();
  for (const auto& [partner_id, record] : partners) {
    const Partner& partner = record->partner();
    Entry& entry = (*next)[partner_id];
    entry.suspended = partner.state() == Partner::SUSPENDED;
    entry.has_config = partner.config_version() > 0;
    const OrderLimit limit = ToOrderLimit(partner);
    const auto known = before == nullptr ? Entries::const_iterator() : before->find(partner_id);
    if (before != nullptr && known != before->end()) {
      // The same account, so that what was leased or is owed stays.
      entry.partner = known->second.partner;
      entry.partner.account->SetLimit(limit);
    } else {
      entry.partner.account = std::make_shared<LimitAccount>(partner_id, limit);
      entry.partner.limited = &telemetry::Counter("ordermesh_feed_orders_limited_total",
                                                  "Orders answered RESOURCE_EXHAUSTED: beyond the partner's limit.",
                                                  {{"partner", partner_id}});
    }
  }
  absl::MutexLock lock(&mutex_);
  entries_ = std::move(next);
}

absl::StatusOr<KnownPartner> PartnerDirectory::Find(const std::string& partner_id) const {
  const std::shared_ptr<const Entries> entries = Current();
  if (entries == nullptr) return PartnersUnknown();
  const auto found = entries->find(partner_id);
  if (found == entries->end()) return UnknownPartner();
  if (found->second.suspended) return PartnerSuspended();
  if (!found->second.has_config) return NoConfig();
  return found->second.partner;
}

std::shared_ptr<const PartnerDirectory::Entries> PartnerDirectory::Current() const {
  absl::ReaderMutexLock lock(&mutex_);
  return entries_;
}

}  // namespace ordermesh::feed
