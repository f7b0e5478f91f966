// The partners as the feed knows them: whose orders are taken, and how many.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/partner_follower.h"
#include "services/common/telemetry/metrics.h"
#include "services/feed/service/order_limits.h"

namespace ordermesh::feed {

// One partner whose orders are taken.
struct KnownPartner {
  std::shared_ptr<LimitAccount> account;
  // Orders refused because of the limit.
  prometheus::Counter* limited = nullptr;
};

// Who may send for `partner_id`: everybody but another partner. Refusals in their order: INVALID_ARGUMENT where it is
// missing, PERMISSION_DENIED (NOT_YOUR_PARTNER) for another's, known or not, INVALID_ARGUMENT where it can be nobody's.
absl::Status CheckCaller(const std::optional<rpc::Identity>& identity, const std::string& partner_id);

// Thread-safe.
class PartnerDirectory {
 public:
  // Takes over what the follower has published. What is open notices it with its next message.
  void Update(const rpc::PartnerMap& partners) ABSL_LOCKS_EXCLUDED(mutex_);

  // Refusals in their order: UNAVAILABLE (PARTNERS_UNKNOWN), NOT_FOUND (UNKNOWN_PARTNER), PERMISSION_DENIED
  // (PARTNER_SUSPENDED), FAILED_PRECONDITION (NO_CONFIG). Costs a look-up: once a message.
  absl::StatusOr<KnownPartner> Find(const std::string& partner_id) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    KnownPartner partner;
    bool suspended = false;
    bool has_config = false;
  };
  using Entries = absl::flat_hash_map<std::string, Entry>;

  std::shared_ptr<const Entries> Current() const ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  std::shared_ptr<const Entries> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::feed
