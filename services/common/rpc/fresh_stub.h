// A stub for callers of single calls and watches (streams of batches: dispatcher.h).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/name_follower.h"

namespace ordermesh::rpc {

// A stub whose channel is replaced when nobody is found behind a name: gRPC's own pauses after a look-up that failed
// grow to two minutes, and a pod that is replaced has no name for a while. Thread-safe.
template <typename Service>
class FreshStub {
 public:
  using Stub = typename Service::Stub;

  // Between two channels.
  static constexpr absl::Duration kShortestLife = absl::Seconds(1);

  FreshStub(std::string address, ChannelOptions options)
      : address_(std::move(address)), options_(std::move(options)), stub_(Make()) {}

  // For one call: keep the pointer until it has ended.
  std::shared_ptr<Stub> Get() const {
    absl::MutexLock lock(&mutex_);
    return stub_;
  }

  // A call was answered UNAVAILABLE: the next ones look the name up anew, where it is one, at most once a second.
  void Renew() {
    // Closed without the lock.
    std::shared_ptr<Stub> before;
    absl::MutexLock lock(&mutex_);
    if (NameOf(address_).empty() || absl::Now() - made_ < kShortestLife) return;
    before = std::exchange(stub_, Make());
    made_ = absl::Now();
  }

 private:
  std::shared_ptr<Stub> Make() const { return Service::NewStub(ConnectTo(address_, options_)); }

  const std::string address_;
  const ChannelOptions options_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<Stub> stub_ ABSL_GUARDED_BY(mutex_);
  absl::Time made_ ABSL_GUARDED_BY(mutex_) = absl::Now();
};

}  // namespace ordermesh::rpc
