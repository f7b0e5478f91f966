// The simulated network: what becomes of one message.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/sim/context.h"

namespace ordermesh::sim {

// How often a message meets what, in 1,000, and how long it takes.
struct NetworkFaults {
  int duplicated = 0;
  int dropped = 0;
  // Of a message whose stream has ended: it arrives all the same.
  int arrives_late = 0;
  int64_t longest_delay_us = 2'000;
};

// One link between two processes.
class Network {
 public:
  explicit Network(Context& context) : context_(context) {}

  NetworkFaults faults;

  // Nothing passes until Heal.
  void Cut() { cut_ = true; }
  void Heal() { cut_ = false; }

  // Calls `arrive` after a while: once, twice, or never. False, now, where it never arrives: the stream that it
  // belongs to must break sooner or later, as a connection does.
  bool Send(const std::function<void()>& arrive) {
    if (cut_ || context_.rng.Chance(faults.dropped)) {
      context_.coverage.Hit(Point::kDroppedMessage);
      return false;
    }
    Plan(arrive);
    if (context_.rng.Chance(faults.duplicated)) {
      context_.coverage.Hit(Point::kDuplicatedMessage);
      Plan(arrive);
    }
    return true;
  }

 private:
  void Plan(const std::function<void()>& arrive) {
    const int64_t at = context_.scheduler.now_us() + context_.rng.Between(50, faults.longest_delay_us);
    if (at < latest_) context_.coverage.Hit(Point::kReorderedMessage);
    latest_ = at > latest_ ? at : latest_;
    context_.scheduler.After(at - context_.scheduler.now_us(), arrive);
  }

  Context& context_;
  bool cut_ = false;
  // When the message that arrives last does.
  int64_t latest_ = 0;
};

}  // namespace ordermesh::sim
