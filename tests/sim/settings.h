// What a seed makes of a simulation. Not every seed has every fault: some bugs only show where others keep still.
#pragma once

#include <cstdint>

#include "tests/sim/disk.h"
#include "tests/sim/network.h"
#include "tests/sim/order_node.h"

namespace ordermesh::sim {

struct Settings {
  int ops = 0;
  // Chance in 1,000 that an op is about something that was sent before.
  int repeated = 0;
  // The longest pause between two things that go wrong.
  int64_t longest_peace_us = 0;
  // Chance in 1,000 that a machine whose process dies loses its power too.
  int power_lost = 0;
  // One order kills the validation process that opens it.
  bool poison = false;
  bool tight_plans = false;
  bool clock_steps = false;
  int64_t sequence_stride = 1;
  OrderNodeOptions order_node;
  DiskFaults disk;
  NetworkFaults network;
};

Settings SettingsOf(uint64_t seed);

}  // namespace ordermesh::sim
