#include "services/order_store/store/writer_metrics.h"

namespace ordermesh::order_store {
namespace {

constexpr char kItems[] = "ordermesh_order_items_total";
constexpr char kItemsHelp[] = "Answered items by verdict";

prometheus::Counter& VerdictCounter(const char* verdict) {
  return telemetry::Counter(kItems, kItemsHelp, {{"verdict", verdict}});
}

}  // namespace

WriterMetrics::WriterMetrics()
    : queued_(telemetry::Gauge("ordermesh_order_queue_weight_bytes", "Weight of the items that wait for the writer")),
      position_(telemetry::Gauge("ordermesh_order_position", "Highest position that is durable")),
      group_orders_(telemetry::Histogram("ordermesh_order_group_orders", "Orders created by one synced write", {},
                                         telemetry::SizeBuckets())),
      commit_seconds_(telemetry::Histogram("ordermesh_order_commit_seconds", "Time of one synced write", {},
                                           telemetry::SecondsBuckets())),
      failed_(VerdictCounter("failed")) {
  const auto set = [this](Decision decision, const char* verdict) {
    verdicts_[static_cast<size_t>(decision)] = &VerdictCounter(verdict);
  };
  set(Decision::kAccept, "created");
  set(Decision::kCreatedBefore, "created_before");
  set(Decision::kReplayed, "replayed");
  set(Decision::kConflict, "conflict");
  set(Decision::kSequenceReused, "sequence_reused");
  set(Decision::kNotAReplay, "not_a_replay");
}

void WriterMetrics::Committed(Time start, size_t orders, int64_t position) {
  commit_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  group_orders_.Observe(static_cast<double>(orders));
  position_.Set(static_cast<double>(position));
}

void WriterMetrics::Count(const PreparedGroup& group) {
  uint64_t counts[kDecisions] = {};
  for (const PreparedItem& item : group.items) {
    if (!item.failed && item.kind != PreparedItem::Kind::kLookup) ++counts[static_cast<size_t>(item.decision)];
  }
  for (size_t i = 0; i < kDecisions; ++i) {
    if (counts[i] != 0) verdicts_[i]->Increment(static_cast<double>(counts[i]));
  }
  if (!group.statuses.empty()) failed_.Increment(static_cast<double>(group.statuses.size()));
}

}  // namespace ordermesh::order_store
