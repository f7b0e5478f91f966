// A service's own copy of the partners: follows PartnerSyncService.WatchPartners and keeps the last copy on disk, so
// that it works on, also across its own restart, while the partners service is away.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "ordermesh/partners/v1/partner_sync_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/fresh_stub.h"

namespace ordermesh::rpc {

// Partner id -> record. Never changes once published.
using PartnerMap = absl::flat_hash_map<std::string, std::shared_ptr<const partners::v1::PartnerRecord>>;

struct PartnerFollowerOptions {
  // host:port of the partners service.
  std::string address;
  ChannelOptions channel;
  // Where the copy is kept (written by rename, mode 0600); empty: nowhere.
  std::string copy_file;
  bool include_config = false;
};

class PartnerFollower {
 public:
  // Called on the follower's thread, one call at a time, for the copy from disk and after every message of a complete
  // view. A record that did not change is the same pointer.
  using OnChange = std::function<void(const std::shared_ptr<const PartnerMap>&)>;

  // Reads the copy (a damaged one is logged and forgotten) and starts to follow.
  PartnerFollower(PartnerFollowerOptions options, OnChange on_change);
  // Stops following and waits for the thread.
  ~PartnerFollower();

  // The partners; null until a copy or a complete view was had. Safe from any thread, cheap.
  std::shared_ptr<const PartnerMap> Partners() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WatchOnce() ABSL_LOCKS_EXCLUDED(mutex_);
  void Publish(std::shared_ptr<const PartnerMap> partners) ABSL_LOCKS_EXCLUDED(mutex_);
  void LoadCopy();
  void SaveCopy(const PartnerMap& partners);

  const PartnerFollowerOptions options_;
  const OnChange on_change_;
  FreshStub<partners::v1::PartnerSyncService> stub_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The watch that is under way; cancelled to stop.
  grpc::ClientContext* watching_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // A complete view came from the service since it was last away.
  bool following_ ABSL_GUARDED_BY(mutex_) = true;
  std::shared_ptr<const PartnerMap> partners_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace ordermesh::rpc
