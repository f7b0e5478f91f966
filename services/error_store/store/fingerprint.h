// Hashes that the audit compares by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/common/base/stream_sha256.h"

namespace ordermesh::error_store {

// SHA-256 over all that is added, each piece with its length.
class StateHash {
 public:
  void Add(std::string_view bytes);
  // In lower-case hex. Nothing can be added afterwards.
  std::string Finish();

 private:
  StreamSha256 hash_;
};

// A set of entries, whatever their order: two different sets have the same print only by a collision of 128 bits.
struct Fingerprint {
  int64_t count = 0;
  uint64_t low = 0;
  uint64_t high = 0;

  void Add(std::string_view key, std::string_view value);
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

}  // namespace ordermesh::error_store
