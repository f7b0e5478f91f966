// One-dimensional arrays without nulls in PostgreSQL's binary format:
//
//   array   = 1:u32 0:u32 element_type:u32 count:u32 1:u32 element*
//   element = size:u32 bytes                                            (numbers big-endian)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/bench/big_endian.h"

namespace ordermesh::bench {

// Type numbers of PostgreSQL's catalogue.
inline constexpr uint32_t kPostgresBytes = 17, kPostgresInt8 = 20, kPostgresText = 25, kPostgresTime = 1184;

class PostgresArray {
 public:
  PostgresArray(uint32_t element_type, size_t count) {
    for (const uint64_t number : {uint64_t{1}, uint64_t{0}, uint64_t{element_type}, uint64_t{count}, uint64_t{1}}) {
      AppendBigEndian(bytes_, number, 4);
    }
  }
  void Add(std::string_view element) {
    AppendBigEndian(bytes_, element.size(), 4);
    bytes_.append(element);
  }
  void Add(int64_t number) {
    AppendBigEndian(bytes_, 8, 4);
    AppendBigEndian(bytes_, static_cast<uint64_t>(number), 8);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// timestamptz: microseconds since 2000-01-01.
inline int64_t PostgresMicros(int64_t unix_seconds) { return (unix_seconds - 946'684'800) * 1'000'000; }

}  // namespace ordermesh::bench
