#include "services/error_store/service/outcome_counts.h"

#include <algorithm>
#include <utility>

#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {

void OutcomeCounts::Add(OutcomeKind kind, const std::string& error_id) {
  // Whatever makes every message another one must not make the answer grow without end.
  if (outcomes_.size() >= kMaxOutcomes && outcomes_.find(kind) == outcomes_.end()) kind.message.clear();
  if (outcomes_.size() >= 2 * kMaxOutcomes && outcomes_.find(kind) == outcomes_.end())
    kind = {.field = {}, .message = {}};
  Outcome& outcome = outcomes_[kind];
  ++outcome.count;
  if (static_cast<int>(outcome.examples.size()) < examples_) outcome.examples.push_back(error_id);
}

void OutcomeCounts::Report(google::protobuf::RepeatedPtrField<ordermesh::error::v1::PreviewOutcome>* outcomes) const {
  for (const auto& [kind, outcome] : outcomes_) {
    auto* const told = outcomes->Add();
    told->set_passes(kind.passes);
    told->set_code(kind.code);
    told->set_field(kind.field);
    told->set_message(kind.message);
    told->set_count(outcome.count);
    told->mutable_example_ids()->Assign(outcome.examples.begin(), outcome.examples.end());
  }
  std::stable_sort(outcomes->begin(), outcomes->end(), [](const auto& a, const auto& b) {
    return std::pair(!a.passes(), -a.count()) < std::pair(!b.passes(), -b.count());
  });
}

}  // namespace ordermesh::error_store
