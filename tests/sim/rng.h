// The one source of chance of a simulation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ordermesh::sim {

// SplitMix64: the same seed gives the same numbers on every machine and with every standard library.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }
  // 0 to `count` - 1; 0 where `count` is 0.
  uint64_t Below(uint64_t count) { return count == 0 ? 0 : Next() % count; }
  // From `first` to `last`.
  int64_t Between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(Below(static_cast<uint64_t>(last - first) + 1));
  }
  // True `per_mille` times in 1,000.
  bool Chance(int per_mille) { return static_cast<int>(Below(1'000)) < per_mille; }

 private:
  uint64_t state_;
};

}  // namespace ordermesh::sim
