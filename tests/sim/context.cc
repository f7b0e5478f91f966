#include "tests/sim/context.h"

namespace ordermesh::sim {

const std::map<std::string, Plant>& Plants() {
  static const auto* const plants = new std::map<std::string, Plant>{
      {"skip_external_id", Plant::kSkipExternalId},
      {"ack_before_write", Plant::kAckBeforeWrite},
      {"skip_sync", Plant::kSkipSync},
      {"forget_counters", Plant::kForgetCounters},
      {"forget_sequences", Plant::kForgetSequences},
      {"reuse_position", Plant::kReusePosition},
      {"forget_unanswered", Plant::kForgetUnanswered},
  };
  return *plants;
}

}  // namespace ordermesh::sim
