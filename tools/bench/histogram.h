// Latencies in buckets that grow with the value, as in HdrHistogram: small, fixed memory, a known relative error.
#pragma once

#include <array>
#include <cstdint>

namespace ordermesh::bench {

// Counts values in microseconds. Percentiles are exact to 1/64 of the value. Not thread-safe: each thread has its own,
// merged at the end.
class Histogram {
 public:
  // Values below zero count as zero, those above 2^40 us (12 days) as that.
  void Record(int64_t value_us, int64_t times = 1);
  void Merge(const Histogram& other);

  int64_t count() const { return count_; }
  // The largest value recorded, exact.
  int64_t max_us() const { return max_us_; }
  double mean_us() const;
  // The upper end of the bucket below which `percent` of the values lie (0 < percent <= 100), never above the largest
  // value; 0 without values.
  int64_t Percentile(double percent) const;

 private:
  static constexpr int kSubBits = 6;
  static constexpr int kSub = 1 << kSubBits;
  static constexpr int kMaxBits = 40;
  static constexpr int kBuckets = (kMaxBits - kSubBits + 2) * kSub;

  static int BucketOf(uint64_t value);
  static int64_t UpperEnd(int bucket);

  std::array<int64_t, kBuckets> buckets_{};
  int64_t count_ = 0;
  int64_t sum_us_ = 0;
  int64_t max_us_ = 0;
};

}  // namespace ordermesh::bench
