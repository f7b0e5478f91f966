// Numbers as bytes, highest first: as keys that sort, and as PostgreSQL's binary format wants them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ordermesh::bench {

// Appends the lowest `bytes` bytes of the number.
inline void AppendBigEndian(std::string& text, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) text.push_back(static_cast<char>(number >> (8 * i)));
}

inline uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace ordermesh::bench
