// The plans of all partners: what validation knows of the world. They follow the partners' configs while orders flow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/common/rpc/partner_follower.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

// What orders of one partner are examined with.
struct LivePlan {
  // Null where no version of the partner's config compiles here.
  std::shared_ptr<const PartnerPlan> plan;
  // Days that the partner's errors are kept; 0 means the error-store's default.
  int32_t error_ttl_days = 0;
  // The record that it was made from.
  std::shared_ptr<const partners::v1::PartnerRecord> record;
};

// All of them at one moment. Never changes once published.
class PlanSet {
 public:
  // Null for a partner without a plan.
  const LivePlan* Find(std::string_view partner_id) const;

 private:
  friend class PlanRegistry;
  absl::flat_hash_map<std::string, LivePlan> plans_;
};

// Thread-safe.
class PlanRegistry {
 public:
  // Compiles what has changed and publishes it whole. A version that does not compile here (this code is older than the
  // one that checked it) is logged, and the one before it stays. One call at a time; takes as long as compiling takes,
  // in which the plans before serve on.
  void Update(const rpc::PartnerMap& partners) ABSL_LOCKS_EXCLUDED(mutex_);

  // Null until the partners are known. Take it once a message: it costs a lock.
  std::shared_ptr<const PlanSet> Plans() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const PlanSet> plans_ ABSL_GUARDED_BY(mutex_);
};

// NOT_FOUND, reason UNKNOWN_PARTNER: a partner that is not there, or has no config.
absl::Status UnknownPartner(std::string_view partner_id);

// UNAVAILABLE with RetryInfo, reason CONFIG_NOT_READY: the feed knows a config of the partner that has not come here
// yet (or does not compile here).
absl::Status ConfigNotReady(std::string_view partner_id);

// UNAVAILABLE with RetryInfo, reason PARTNERS_UNKNOWN: this process has never heard of any partner yet.
absl::Status PartnersUnknown();

// INVALID_ARGUMENT that lists the problems as `path:line:column: message`.
absl::Status BadMapping(std::string_view partner_id, const MappingProblems& problems);

}  // namespace ordermesh::validation
