// The independent mark of the last acknowledged position: what catches a write-ahead log that silently lost its end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace ordermesh::kv {

// A mapped page beside the store. Raise it after the sync and before the verdict: it costs a memory store, no fsync,
// and survives the death of the process (not of the machine: then it may be lower, never higher).
//
//   page = slot slot        slot = position:u64le check:u64le        (the higher valid slot counts)
class AckMark {
 public:
  // Opens or creates (at 0). DATA_LOSS where no slot is valid.
  static absl::StatusOr<std::unique_ptr<AckMark>> Open(const std::string& path);
  ~AckMark();

  int64_t position() const { return position_; }
  // Never lowers it.
  void Raise(int64_t position);

 private:
  explicit AckMark(void* page) : page_(page) {}

  void* page_;
  int64_t position_ = 0;
  int next_slot_ = 0;
};

}  // namespace ordermesh::kv
