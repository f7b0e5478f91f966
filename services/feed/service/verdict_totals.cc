#include "services/feed/service/verdict_totals.h"

#include "absl/strings/str_cat.h"

namespace ordermesh::feed {

using common::v1::OrderVerdict;

common::v1::VerdictSummary VerdictTotals::ToSummary() const {
  common::v1::VerdictSummary summary;
  summary.set_received(received_.load(std::memory_order_relaxed));
  summary.set_created(Read(OrderVerdict::CREATED));
  summary.set_replayed(Read(OrderVerdict::REPLAYED));
  summary.set_conflicts(Read(OrderVerdict::CONFLICT));
  summary.set_sequence_reused(Read(OrderVerdict::SEQUENCE_REUSED));
  summary.set_rejected(Read(OrderVerdict::REJECTED));
  return summary;
}

std::string VerdictTotals::ToText() const {
  const common::v1::VerdictSummary summary = ToSummary();
  return absl::StrCat("received=", summary.received(), ",created=", summary.created(), ",replayed=", summary.replayed(),
                      ",conflicts=", summary.conflicts(), ",sequenceReused=", summary.sequence_reused(),
                      ",rejected=", summary.rejected(), ",refused=", Read(OrderVerdict::VERDICT_UNSPECIFIED));
}

void VerdictTotals::AddTo(grpc::ServerContextBase& context) const {
  context.AddTrailingMetadata(kVerdictsMetadata, ToText());
}

}  // namespace ordermesh::feed
