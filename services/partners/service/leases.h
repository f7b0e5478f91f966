// Leasing tokens of partners' limits to the replicas of feed and gateway.
#pragma once

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/partners/domain/lease_book.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

// Thread-safe; never waits for the disk.
class Leases {
 public:
  // Borrows the store. `monotonic` is the time since any fixed moment and never goes back.
  Leases(const PartnerStore& store, std::function<absl::Duration()> monotonic);

  // One grant a want. INVALID_ARGUMENT names a bad field; an unknown partner, and an unknown or dead key, gets none.
  absl::StatusOr<v1::LeaseTokensResponse> Lease(const v1::LeaseTokensRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);
  // Forgets buckets that nobody uses. Call now and then.
  void Sweep() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Grant LeaseOne(const std::string& holder, const v1::TokenWant& want, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PartnerStore& store_;
  const std::function<absl::Duration()> monotonic_;
  absl::Mutex mutex_;
  LeaseBook book_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::partners
