// The orders of one stream that have no verdict yet.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "tools/bench/load.h"

namespace ordermesh::bench {

// Orders are kept by batch, so that one costs a bit and not an entry of its own: the generator shares its cores with
// the servers. Not thread-safe.
class InFlight {
 public:
  // `batch_size` is what every batch but the last has, so that an order's index names its batch.
  explicit InFlight(int batch_size) : batch_size_(batch_size) {}

  // When an order was meant to be sent, and when it was.
  struct Times {
    absl::Time intended;
    absl::Time sent;
  };

  // Orders that were given out and are not settled.
  int64_t size() const { return size_; }

  void Add(const Schedule::Batch& batch, const Times& times);
  // The order is settled: its times; nothing where it was settled before.
  std::optional<Times> Settle(int64_t index);
  // The order must be sent again.
  void Requeue(int64_t index) { again_.push_back(index); }
  // The stream broke: every order that is not settled must be sent again.
  void RequeueAll();
  bool AnyToSendAgain() const { return !again_.empty(); }
  // Moves at most `limit` orders that must be sent again to `indexes`, without those settled meanwhile.
  void TakeAgain(int limit, std::vector<int64_t>& indexes);

 private:
  struct Batch {
    Times times;
    int64_t first = 0;
    int left = 0;
    std::vector<bool> settled;
  };

  Batch* Find(int64_t index);

  const int batch_size_;
  std::map<int64_t, Batch> batches_;
  Batch* last_ = nullptr;
  std::deque<int64_t> again_;
  int64_t size_ = 0;
};

}  // namespace ordermesh::bench
