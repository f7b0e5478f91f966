// What every fuzz target is: libFuzzer's entry point. The input must neither crash it nor break what it checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ordermesh::fuzz {

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return std::string_view(reinterpret_cast<const char*>(data), size);
}

// Cuts the text before the next `separator` off `rest`; all of it where there is none.
inline std::string_view TakeUntil(char separator, std::string_view& rest) {
  const size_t end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return taken;
}

}  // namespace ordermesh::fuzz
