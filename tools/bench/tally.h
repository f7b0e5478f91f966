// What a load has seen.
#pragma once

#include <cstdint>

#include "ordermesh/common/v1/verdict.pb.h"
#include "tools/bench/histogram.h"

namespace ordermesh::bench {

// Not thread-safe: each worker has its own, merged at the end.
struct Tally {
  int64_t sent = 0;
  int64_t created = 0;
  int64_t replayed = 0;
  int64_t conflicts = 0;
  int64_t sequence_reused = 0;
  int64_t rejected = 0;
  // Answers that the mesh is busy or a part is away. In a closed loop the order is sent again.
  int64_t busy = 0;
  // Orders that never got a verdict.
  int64_t failed = 0;
  // Streams that broke.
  int64_t reconnects = 0;
  // From the intended send time to the verdict.
  Histogram latency;
  // Open loop: from the time when an order was really sent to the answer RESOURCE_EXHAUSTED.
  Histogram refusal;

  int64_t verdicts() const { return created + replayed + conflicts + sequence_reused + rejected; }
  void Count(const common::v1::OrderVerdict& verdict);
  void Merge(const Tally& other);
};

}  // namespace ordermesh::bench
