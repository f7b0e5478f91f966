// What the store tells Prometheus. Metrics are looked up once; counting an error costs a few atomic additions.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <vector>

#include "ordermesh/error/v1/error.pb.h"

namespace ordermesh::error_store {

struct StoreMetrics {
  // The process's only instance.
  static StoreMetrics& Get();

  // Counts one error that became durable, by its kind and once for each code that it has.
  void CountKept(const ordermesh::error::v1::OrderError& error);

  prometheus::Gauge& queued_bytes;
  prometheus::Histogram& group_size;
  prometheus::Histogram& commit_seconds;
  prometheus::Counter& existed;
  prometheus::Counter& refused;
  prometheus::Counter& swept;
  prometheus::Gauge& position;
  // By the numbers of OrderVerdict.Verdict and Violation.Code; numbers that this build does not know count at 0.
  const std::vector<prometheus::Counter*> kept_by_kind;
  const std::vector<prometheus::Counter*> kept_by_code;
};

}  // namespace ordermesh::error_store
