// Prometheus metrics of the process. Look a metric up once and keep the reference: looking up takes a lock.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ordermesh::telemetry {

using Labels = std::map<std::string, std::string>;

// The process's registry. Metrics live as long as the process.
const std::shared_ptr<prometheus::Registry>& MetricRegistry();

// The same name must always come with the same help and kind.
prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels = {});
prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
prometheus::Histogram& Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                 const std::vector<double>& buckets);

// Seconds from 0.1 ms to 10 s, and counts from 1 to 8,192.
const std::vector<double>& SecondsBuckets();
const std::vector<double>& SizeBuckets();

// Serves GET /metrics until destroyed.
class MetricsServer {
 public:
  // `address` is host:port. UNAVAILABLE where it cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address);
  ~MetricsServer();

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ordermesh::telemetry
