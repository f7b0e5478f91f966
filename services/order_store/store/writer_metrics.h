// What the writer tells Prometheus: a few numbers a write, none an order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "services/common/telemetry/metrics.h"
#include "services/order_store/store/prepared.h"

namespace ordermesh::order_store {

class WriterMetrics {
 public:
  using Time = std::chrono::steady_clock::time_point;

  WriterMetrics();

  void SetQueued(size_t weight) { queued_.Set(static_cast<double>(weight)); }
  Time StartCommit() const { return std::chrono::steady_clock::now(); }
  void Committed(Time start, size_t orders, int64_t position);
  // Adds the group's verdicts.
  void Count(const PreparedGroup& group);

 private:
  static constexpr size_t kDecisions = static_cast<size_t>(Decision::kNotAReplay) + 1;

  prometheus::Gauge& queued_;
  prometheus::Gauge& position_;
  prometheus::Histogram& group_orders_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Counter* verdicts_[kDecisions];
  prometheus::Counter& failed_;
};

}  // namespace ordermesh::order_store
