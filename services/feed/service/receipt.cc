#include "services/feed/service/receipt.h"

#include <algorithm>

#include "services/common/base/errors.h"

namespace ordermesh::feed {

void Receipt::Answer(std::vector<Outcome>& outcomes) {
  outcomes.erase(std::remove_if(outcomes.begin(), outcomes.end(), [this](const Outcome& o) { return !Claim(o.index); }),
                 outcomes.end());
  if (!outcomes.empty()) Deliver(outcomes);
}

void Receipt::AnswerRest(const absl::Status& status) {
  std::vector<Outcome> rest;
  for (uint32_t index = 0; index < answered_.size(); ++index) {
    if (!Claim(index)) continue;
    rest.emplace_back();
    rest.back().index = index;
    *rest.back().result.mutable_status() = ToProto(status);
  }
  if (!rest.empty()) Deliver(rest);
}

}  // namespace ordermesh::feed
