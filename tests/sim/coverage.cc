#include "tests/sim/coverage.h"

namespace ordermesh::sim {
namespace {

// In the order of the enum.
constexpr const char* kNames[] = {
    "order created",
    "replay seen",
    "conflict seen",
    "sequence number reused",
    "order rejected",
    "unreadable payload rejected",
    "poison found and parked",
    "internal retry told CREATED again",
    "same bytes replayed",
    "replay of an order of the same write",
    "conflict with an order of the same write",
    "invalid payload found to be a replay",
    "invalid payload found to be none",
    "error known from an earlier delivery",
    "many messages in one write",
    "effects made again from the log",
    "counters crossed an hour",
    "rows of another version after a restart",
    "list equal to the model",
    "watch resumed after a crash",
    "replica made from the log",
    "order-store killed",
    "error-store killed",
    "power cut",
    "unsynced writes lost",
    "killed amid a write",
    "torn tail recovered",
    "killed between sync and answer",
    "failed sync ended the process",
    "full disk refused",
    "full disk healed",
    "failed read refused",
    "mark older than the log",
    "clock stepped back",
    "validation killed",
    "feed killed",
    "stream broken",
    "unanswered items sent again",
    "request arrived after its stream",
    "message delivered twice",
    "messages overtook each other",
    "message dropped",
    "network partitioned",
    "item expired in its queue",
    "feed retried inside",
    "verdict unknown to the client",
    "unknown resolved by a retry",
};
static_assert(sizeof(kNames) / sizeof(kNames[0]) == kPoints);

}  // namespace

const char* NameOf(Point point) { return kNames[static_cast<size_t>(point)]; }

void Coverage::Merge(const Coverage& other) {
  for (size_t i = 0; i < kPoints; ++i) hits_[i] += other.hits_[i];
}

std::vector<std::string> Coverage::Missed() const {
  std::vector<std::string> missed;
  for (size_t i = 0; i < kPoints; ++i) {
    if (hits_[i] == 0) missed.emplace_back(kNames[i]);
  }
  return missed;
}

}  // namespace ordermesh::sim
