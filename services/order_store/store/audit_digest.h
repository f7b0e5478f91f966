// What an audit compares large sets by, without holding them.
#pragma once

#include <cstdint>
#include <string_view>

namespace ordermesh::order_store {

// The sum of the 128-bit hashes of a set's members: equal for equal sets whatever their order, and different sets have
// a chance of 2^-128 to look equal.
class SetDigest {
 public:
  void Add(std::string_view member);
  uint64_t count() const { return count_; }
  friend bool operator==(const SetDigest&, const SetDigest&) = default;

 private:
  unsigned __int128 sum_ = 0;
  uint64_t count_ = 0;
};

}  // namespace ordermesh::order_store
