#include "tools/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ordermesh::bench {

// The first 64 buckets hold one value each; after them each power of two is cut into 64 buckets.
int Histogram::BucketOf(uint64_t value) {
  if (value < kSub) return static_cast<int>(value);
  const int shift = std::bit_width(value) - 1 - kSubBits;
  return (shift + 1) * kSub + static_cast<int>((value >> shift) - kSub);
}

int64_t Histogram::UpperEnd(int bucket) {
  if (bucket < kSub) return bucket;
  const int shift = bucket / kSub - 1;
  const int64_t first = static_cast<int64_t>(bucket % kSub + kSub) << shift;
  return first + (int64_t{1} << shift) - 1;
}

void Histogram::Record(int64_t value_us, int64_t times) {
  const int64_t value = std::clamp<int64_t>(value_us, 0, (int64_t{1} << kMaxBits) - 1);
  buckets_[BucketOf(static_cast<uint64_t>(value))] += times;
  count_ += times;
  sum_us_ += value * times;
  max_us_ = std::max(max_us_, value);
}

void Histogram::Merge(const Histogram& other) {
  for (int i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  max_us_ = std::max(max_us_, other.max_us_);
}

double Histogram::mean_us() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_us_) / static_cast<double>(count_);
}

int64_t Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto rank = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(percent / 100 * static_cast<double>(count_))));
  int64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(UpperEnd(i), max_us_);
  }
  return max_us_;
}

}  // namespace ordermesh::bench
