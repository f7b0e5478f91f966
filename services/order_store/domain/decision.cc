#include "services/order_store/domain/decision.h"

namespace ordermesh::order_store {

Decision Decide(const Facts& facts) {
  if (facts.has_holder) {
    if (facts.same_ingest_id) return Decision::kCreatedBefore;
    if (facts.same_raw || facts.same_content) return Decision::kReplayed;
  }
  if (facts.is_question) return Decision::kNotAReplay;
  if (facts.has_holder) return Decision::kConflict;
  if (facts.sequence_used) return Decision::kSequenceReused;
  return Decision::kAccept;
}

}  // namespace ordermesh::order_store
