#include "services/feed/service/feed_metrics.h"

namespace ordermesh::feed {
namespace {

using common::v1::OrderVerdict;

FeedMetrics* NewMetrics() {
  auto* metrics = new FeedMetrics{
      telemetry::Counter("ordermesh_feed_orders_received_total", "Orders taken from clients."),
      telemetry::Counter("ordermesh_feed_orders_refused_total",
                         "Orders answered RESOURCE_EXHAUSTED: the queue was full."),
      telemetry::Histogram("ordermesh_feed_verdict_seconds", "Time from an order's message to its verdict.", {},
                           telemetry::SecondsBuckets()),
      {}};
  for (int i = 0; i < OrderVerdict::Verdict_ARRAYSIZE; ++i) {
    const std::string name = i == 0 ? "NONE" : OrderVerdict::Verdict_Name(static_cast<OrderVerdict::Verdict>(i));
    metrics->verdicts[static_cast<size_t>(i)] = &telemetry::Counter(
        "ordermesh_feed_verdicts_total", "Orders answered, by verdict; NONE got a status.", {{"verdict", name}});
  }
  return metrics;
}

}  // namespace

FeedMetrics& Metrics() {
  static FeedMetrics* const metrics = NewMetrics();
  return *metrics;
}

void VerdictCounts::Flush() {
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0) Metrics().verdicts[i]->Increment(counts_[i]);
  }
}

}  // namespace ordermesh::feed
