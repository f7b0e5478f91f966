#include "services/error_store/store/store_metrics.h"

#include "services/common/telemetry/metrics.h"
#include "services/error_store/domain/intake.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;
using ordermesh::common::v1::Violation;

// One counter for each number of an enum.
std::vector<prometheus::Counter*> ByEnum(const google::protobuf::EnumDescriptor& descriptor, const std::string& name,
                                         const std::string& help, const std::string& label) {
  std::vector<prometheus::Counter*> counters;
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const auto* value = descriptor.value(i);
    if (static_cast<size_t>(value->number()) >= counters.size()) counters.resize(value->number() + 1);
    counters[value->number()] = &telemetry::Counter(name, help, {{label, value->name()}});
  }
  return counters;
}

void Increment(const std::vector<prometheus::Counter*>& counters, int number) {
  const bool known = number > 0 && static_cast<size_t>(number) < counters.size() && counters[number] != nullptr;
  counters[known ? number : 0]->Increment();
}

}  // namespace

StoreMetrics& StoreMetrics::Get() {
  static auto* const metrics = new StoreMetrics{
      telemetry::Gauge("ordermesh_error_store_queued_bytes", "What waits for the writer."),
      telemetry::Histogram("ordermesh_error_store_group_size", "Errors in a group.", {}, telemetry::SizeBuckets()),
      telemetry::Histogram("ordermesh_error_store_commit_seconds", "From decision to synced write of a group.", {},
                           telemetry::SecondsBuckets()),
      telemetry::Counter("ordermesh_error_store_existed_total", "Errors sent that were kept already."),
      telemetry::Counter("ordermesh_error_store_refused_total", "Errors sent that could not be kept."),
      telemetry::Counter("ordermesh_error_store_swept_total", "Expired errors removed."),
      telemetry::Gauge("ordermesh_error_store_position", "The last position given."),
      ByEnum(*OrderVerdict::Verdict_descriptor(), "ordermesh_error_store_kept_total", "Errors kept, by kind.", "kind"),
      ByEnum(*Violation::Code_descriptor(), "ordermesh_error_store_kept_codes_total",
             "Errors kept, once for each violation code that they have.", "code")};
  return *metrics;
}

void StoreMetrics::CountKept(const ordermesh::error::v1::OrderError& error) {
  Increment(kept_by_kind, error.kind());
  for (const ViolationCode code : CodesOf(error)) Increment(kept_by_code, code);
}

}  // namespace ordermesh::error_store
