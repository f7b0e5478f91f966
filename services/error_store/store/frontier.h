// The last position that was given.
#pragma once

#include <cstdint>

#include "services/common/kv/ack_mark.h"

namespace ordermesh::error_store {

// Not thread-safe: only the writer thread uses it.
class Frontier {
 public:
  Frontier(kv::AckMark& mark, int64_t last) : mark_(mark), last_(last) {}

  int64_t last() const { return last_; }
  // Everything up to `last` is durable: after the sync and before any answer. Also where nothing is new: the mark may
  // be older than what was recovered.
  void Advance(int64_t last) {
    last_ = last;
    mark_.Raise(last_);
  }

 private:
  kv::AckMark& mark_;
  int64_t last_;
};

}  // namespace ordermesh::error_store
