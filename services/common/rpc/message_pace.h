// When a peer may be sent a small message. A message costs each hop as much as fifty orders inside it: under load it
// pays to let single orders wait for each other. As Nagle's algorithm does for bytes, without a timer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/time/time.h"

namespace ordermesh::rpc {

// A message of so many items is worth its cost.
inline constexpr size_t kSmallMessageItems = 64;

// The messages that one peer has begun to answer, or not. Not thread-safe.
class MessagePace {
 public:
  // The number of the next message.
  uint64_t next() const { return next_; }

  void Sent(absl::Time now) { under_way_.push_back({next_++, now}); }

  // An item of the message was answered, or is not expected to be any more.
  void Landed(uint64_t message) {
    // Answers to one message mostly come together.
    if (message == landed_) return;
    landed_ = message;
    const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                    [message](const UnderWay& one) { return one.number == message; });
    if (found != under_way_.end()) under_way_.erase(found);
  }

  // Only while few messages are without any answer. One that has waited for long does not count: what it waits for may
  // be slow, and nothing behind it should be.
  bool MaySendSmall(absl::Time now) const {
    if (under_way_.size() < kSmallUnderWay) return true;
    // In the order of their sending: where this one does not count, none before it does.
    return now - under_way_[under_way_.size() - kSmallUnderWay].sent >= kCountsFor;
  }

 private:
  static constexpr size_t kSmallUnderWay = 2;
  static constexpr absl::Duration kCountsFor = absl::Milliseconds(5);

  struct UnderWay {
    uint64_t number;
    absl::Time sent;
  };

  std::deque<UnderWay> under_way_;
  // The first is 1: 0 is none.
  uint64_t next_ = 1;
  uint64_t landed_ = 0;
};

}  // namespace ordermesh::rpc
