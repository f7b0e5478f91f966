#include "tools/bench/tally.h"

namespace ordermesh::bench {

using common::v1::OrderVerdict;

void Tally::Count(const OrderVerdict& verdict) {
  switch (verdict.verdict()) {
    case OrderVerdict::CREATED:
      ++created;
      break;
    case OrderVerdict::REPLAYED:
      ++replayed;
      break;
    case OrderVerdict::CONFLICT:
      ++conflicts;
      break;
    case OrderVerdict::SEQUENCE_REUSED:
      ++sequence_reused;
      break;
    case OrderVerdict::REJECTED:
      ++rejected;
      break;
    default:
      ++failed;
  }
}

void Tally::Merge(const Tally& other) {
  sent += other.sent;
  created += other.created;
  replayed += other.replayed;
  conflicts += other.conflicts;
  sequence_reused += other.sequence_reused;
  rejected += other.rejected;
  busy += other.busy;
  failed += other.failed;
  reconnects += other.reconnects;
  latency.Merge(other.latency);
  refusal.Merge(other.refusal);
}

}  // namespace ordermesh::bench
