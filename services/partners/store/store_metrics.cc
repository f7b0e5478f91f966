#include "services/partners/store/store_metrics.h"

#include "services/common/telemetry/metrics.h"

namespace ordermesh::partners {
namespace {

prometheus::Counter& Changes(const char* kind) {
  return telemetry::Counter("ordermesh_partners_changes_total", "Changes that were made durable, by what they changed.",
                            {{"kind", kind}});
}

}  // namespace

StoreMetrics& StoreMetrics::Get() {
  static auto* const metrics = new StoreMetrics{
      telemetry::Gauge("ordermesh_partners_partners", "Partners that are known."),
      Changes("settings"),
      Changes("config"),
      Changes("key"),
      telemetry::Counter("ordermesh_partners_expired_keys_total", "Keys that expired while the process ran."),
      telemetry::Histogram("ordermesh_partners_commit_seconds", "Time of the synced write of a change.", {},
                           telemetry::SecondsBuckets())};
  return *metrics;
}

}  // namespace ordermesh::partners
