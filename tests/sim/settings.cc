#include "tests/sim/settings.h"

namespace ordermesh::sim {
namespace {

// Another stream of chance than the simulation's own.
constexpr uint64_t kSettingsSalt = 0x73657474696e6773;

// Zero in half of the seeds.
int Sometimes(Rng& rng, int most) { return rng.Chance(500) ? static_cast<int>(rng.Between(1, most)) : 0; }

}  // namespace

Settings SettingsOf(uint64_t seed) {
  Rng rng(seed ^ kSettingsSalt);
  Settings settings;
  settings.ops = static_cast<int>(rng.Between(60, 400));
  settings.repeated = static_cast<int>(rng.Between(100, 600));
  settings.longest_peace_us = rng.Between(100'000, 2'000'000);
  settings.power_lost = rng.Chance(200) ? 0 : static_cast<int>(rng.Between(100, 1'000));
  settings.poison = rng.Chance(300);
  settings.tight_plans = rng.Chance(400);
  settings.clock_steps = rng.Chance(400);
  // Neighbours in one bitmap, far apart, or in a bitmap each.
  const int64_t strides[] = {1, 1, 700, 5'000};
  settings.sequence_stride = strides[rng.Below(4)];
  settings.order_node.own_log = rng.Chance(500);
  settings.order_node.recent_bytes = rng.Chance(500) ? 16 << 20 : 4 << 10;
  settings.order_node.flip_record_version = rng.Chance(400);
  settings.disk.killed_before = Sometimes(rng, 10);
  settings.disk.killed_amid = Sometimes(rng, 20);
  settings.disk.killed_after = Sometimes(rng, 20);
  settings.disk.sync_failed = Sometimes(rng, 10);
  settings.disk.read_failed = Sometimes(rng, 5);
  settings.network.duplicated = Sometimes(rng, 100);
  settings.network.dropped = Sometimes(rng, 15);
  settings.network.arrives_late = rng.Chance(500) ? 500 : 0;
  settings.network.longest_delay_us = rng.Chance(500) ? 2'000 : 60'000;
  return settings;
}

}  // namespace ordermesh::sim
