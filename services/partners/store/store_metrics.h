// What the partners service tells Prometheus. Metrics are looked up once.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace ordermesh::partners {

struct StoreMetrics {
  // The process's only instance.
  static StoreMetrics& Get();

  prometheus::Gauge& partners;
  prometheus::Counter& settings_changes;
  prometheus::Counter& config_changes;
  prometheus::Counter& key_changes;
  prometheus::Counter& expired_keys;
  prometheus::Histogram& commit_seconds;
};

}  // namespace ordermesh::partners
