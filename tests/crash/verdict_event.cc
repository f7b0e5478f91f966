#include "tests/crash/verdict_event.h"

namespace ordermesh::crash {

using common::v1::OrderVerdict;

Event EventOf(uint64_t number, bool altered, const OrderVerdict& verdict) {
  Event event;
  event.number = number;
  const std::string& id = verdict.verdict() == OrderVerdict::REJECTED ? verdict.error_id() : verdict.order_id();
  event.id = Uuid::Parse(id).value_or(Uuid{});
  if (altered) {
    const bool conflict = verdict.verdict() == OrderVerdict::CONFLICT;
    event.kind = conflict ? EventKind::kAlteredConflict : EventKind::kAlteredOther;
    return event;
  }
  switch (verdict.verdict()) {
    case OrderVerdict::CREATED:
      event.kind = EventKind::kCreated;
      break;
    case OrderVerdict::REPLAYED:
      event.kind = EventKind::kReplayed;
      break;
    case OrderVerdict::CONFLICT:
      event.kind = EventKind::kConflict;
      break;
    case OrderVerdict::SEQUENCE_REUSED:
      event.kind = EventKind::kSequenceReused;
      break;
    default:
      event.kind = EventKind::kRejected;
  }
  return event;
}

}  // namespace ordermesh::crash
