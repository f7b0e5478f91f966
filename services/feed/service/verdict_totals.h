// How many orders of a call got which verdict: for its summary, and for the access log of the gateway.
#pragma once

#include <grpcpp/server_context.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "ordermesh/common/v1/verdict.pb.h"

namespace ordermesh::feed {

// Trailing metadata of every RPC of the feed: "received=5,created=3,replayed=1,conflicts=0,sequenceReused=0,rejected=1,
// refused=0" (without the line break). `refused` are those that got a status in place of a verdict.
inline constexpr char kVerdictsMetadata[] = "x-ordermesh-verdicts";

// Thread-safe.
class VerdictTotals {
 public:
  using Ptr = std::shared_ptr<VerdictTotals>;

  void Receive(int64_t orders) { received_.fetch_add(orders, std::memory_order_relaxed); }
  void Refuse(int64_t orders) { Of(0).fetch_add(orders, std::memory_order_relaxed); }
  // Without verdict the order counts as refused.
  void Count(const common::v1::OrderResult& result) {
    Of(result.has_verdict() ? result.verdict().verdict() : 0).fetch_add(1, std::memory_order_relaxed);
  }

  common::v1::VerdictSummary ToSummary() const;
  std::string ToText() const;
  // Call it once, before the call finishes.
  void AddTo(grpc::ServerContextBase& context) const;

 private:
  std::atomic<int64_t>& Of(int verdict) { return counts_[static_cast<size_t>(verdict)]; }
  int64_t Read(int verdict) const { return counts_[static_cast<size_t>(verdict)].load(std::memory_order_relaxed); }

  std::atomic<int64_t> received_{0};
  // By OrderVerdict::Verdict; 0 is "no verdict".
  std::array<std::atomic<int64_t>, common::v1::OrderVerdict::Verdict_ARRAYSIZE> counts_{};
};

}  // namespace ordermesh::feed
