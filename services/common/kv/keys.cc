#include <cstring>

#include "services/common/kv/kv.h"

namespace ordermesh::kv {
namespace {

// Appends the lowest `bytes` bytes of `value`, highest first.
void AppendBigEndian(std::string& key, uint64_t value, size_t bytes) {
  const uint64_t swapped = __builtin_bswap64(value);
  char buffer[sizeof(swapped)];
  std::memcpy(buffer, &swapped, sizeof(swapped));
  key.append(buffer + sizeof(swapped) - bytes, bytes);
}

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::string EncodeU64(uint64_t value) {
  std::string key;
  AppendU64(key, value);
  return key;
}

void AppendU64(std::string& key, uint64_t value) { AppendBigEndian(key, value, 8); }

void AppendU32(std::string& key, uint32_t value) { AppendBigEndian(key, value, 4); }

std::optional<uint64_t> DecodeU64(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return ReadBigEndian(bytes);
}

std::optional<uint32_t> DecodeU32(std::string_view bytes) {
  if (bytes.size() != 4) return std::nullopt;
  return static_cast<uint32_t>(ReadBigEndian(bytes));
}

}  // namespace ordermesh::kv
