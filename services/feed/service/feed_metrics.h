// What the feed counts.
#pragma once

#include <array>

#include "ordermesh/common/v1/verdict.pb.h"
#include "services/common/telemetry/metrics.h"

namespace ordermesh::feed {

struct FeedMetrics {
  prometheus::Counter& received;
  prometheus::Counter& refused;
  prometheus::Histogram& seconds;
  // By OrderVerdict::Verdict; 0 is "no verdict".
  std::array<prometheus::Counter*, common::v1::OrderVerdict::Verdict_ARRAYSIZE> verdicts;
};

FeedMetrics& Metrics();

// Counts locally and adds once a batch: no atomic operation per order.
class VerdictCounts {
 public:
  void Add(const common::v1::OrderResult& result) { ++counts_[result.has_verdict() ? result.verdict().verdict() : 0]; }
  void Flush();

 private:
  std::array<int, common::v1::OrderVerdict::Verdict_ARRAYSIZE> counts_{};
};

}  // namespace ordermesh::feed
