// Asks the partners service for leases, on a thread of its own: no order waits for it but those that need a lease.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ordermesh/partners/v1/partner_sync_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/fresh_stub.h"
#include "services/common/telemetry/metrics.h"
#include "services/feed/service/order_limits.h"

namespace ordermesh::feed {

class LeaseRenewer {
 public:
  // `address` is the partners service's, host:port. `holder` names this replica, differently from every other.
  LeaseRenewer(const std::string& address, const rpc::ChannelOptions& channel, const std::string& holder);
  // Stops asking; whoever waits for a lease then is not called any more: stop the server first.
  ~LeaseRenewer();

  OrderLimits& limits() { return limits_; }

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // Asks once where there is something to ask for; nothing where there is not, false where the partners service did not
  // answer.
  std::optional<bool> Renew();
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);

  rpc::FreshStub<partners::v1::PartnerSyncService> stub_;
  prometheus::Counter& leases_;
  prometheus::Counter& failures_;
  OrderLimits limits_;
  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ordermesh::feed
