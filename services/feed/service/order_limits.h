// The partners' limits on orders, as far as this replica is concerned: who may pass at once, who waits for a lease, who
// is refused.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ordermesh/partners/v1/partner_sync_service.pb.h"
#include "services/feed/domain/lease_balance.h"

namespace ordermesh::feed {

// What came of one message.
struct Admission {
  // So many of its orders may pass: the first ones.
  int64_t admitted = 0;
  // When the others should come again.
  absl::Duration retry_after;
};

using AdmissionDone = std::function<void(Admission)>;

// One partner's limit. A message costs one lock of it, whatever it holds.
class LimitAccount {
 public:
  LimitAccount(std::string partner_id, const OrderLimit& limit) : partner_id_(std::move(partner_id)), balance_(limit) {}

  const std::string& partner_id() const { return partner_id_; }
  void SetLimit(const OrderLimit& limit) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class OrderLimits;

  // Somebody who waits for the next lease.
  struct Waiter {
    int64_t orders = 0;
    bool whole = false;
    // The lease that was asked for last counts it in.
    bool asked = false;
    AdmissionDone done;
  };

  const std::string partner_id_;
  absl::Mutex mutex_;
  LeaseBalance balance_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  // It is among those whose lease is renewed.
  bool active_ ABSL_GUARDED_BY(mutex_) = false;
};

// Thread-safe; nothing blocks. It asks nobody by itself: LeaseRenewer does.
class OrderLimits {
 public:
  // Gives the time; must not go back (not the wall clock). `wake` is called when somebody waits for a lease; it must
  // not block, nor call back.
  using Clock = std::function<absl::Time()>;
  OrderLimits(std::string holder, Clock clock, std::function<void()> wake)
      : holder_(std::move(holder)), clock_(std::move(clock)), wake_(std::move(wake)) {}

  // Decides on a message of so many orders at once; with `whole` all of them pass or none. Nothing where only a lease
  // can tell: then call Wait.
  std::optional<Admission> Try(const std::shared_ptr<LimitAccount>& account, int64_t orders, bool whole);
  // Calls `done` once: after the next lease, or at once where too many wait already.
  void Wait(const std::shared_ptr<LimitAccount>& account, int64_t orders, bool whole, AdmissionDone done);

  // The next request: what the accounts that are in use need now, at most 1,000 of them. Nothing to ask where it has no
  // wants.
  partners::v1::LeaseTokensRequest Next(std::vector<std::shared_ptr<LimitAccount>>* asked) ABSL_LOCKS_EXCLUDED(mutex_);
  // The answer to it; whoever waited for it is called on this thread.
  void Answer(const std::vector<std::shared_ptr<LimitAccount>>& asked, const partners::v1::LeaseTokensRequest& request,
              const absl::StatusOr<partners::v1::LeaseTokensResponse>& response) ABSL_LOCKS_EXCLUDED(mutex_);
  // When Next should be called again if nobody wakes earlier.
  absl::Duration Pace() const { return absl::Milliseconds(pace_ms_.load(std::memory_order_relaxed)); }

 private:
  // Follows what is known of the bucket: every account notices when it is used the next time.
  void Follow(LeaseBalance& balance, absl::Time now) const;
  void Activate(const std::shared_ptr<LimitAccount>& account) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string holder_;
  const Clock clock_;
  const std::function<void()> wake_;
  // The partners service did not answer the last time.
  std::atomic<bool> away_{false};
  std::atomic<int64_t> pace_ms_{20};
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<LimitAccount>> active_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::feed
