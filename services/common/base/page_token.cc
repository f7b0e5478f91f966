#include "services/common/base/page_token.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>

#include "absl/strings/escaping.h"
#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

constexpr char kVersion = 1;
constexpr size_t kSize = 1 + 4 + 8 + 8;

void AppendBigEndian(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

absl::StatusOr<int> PageSize(int requested) {
  if (requested < 0) return InvalidField("page_size", "must not be negative");
  return requested == 0 ? kDefaultPageSize : std::min(requested, kMaxPageSize);
}

std::string EncodePageToken(uint32_t shard, int64_t before_position, std::string_view filter) {
  std::string bytes(1, kVersion);
  AppendBigEndian(bytes, shard, 4);
  AppendBigEndian(bytes, static_cast<uint64_t>(before_position), 8);
  AppendBigEndian(bytes, XXH3_64bits(filter.data(), filter.size()), 8);
  std::string token;
  absl::WebSafeBase64Escape(bytes, &token);
  while (!token.empty() && token.back() == '=') token.pop_back();
  return token;
}

absl::StatusOr<int64_t> DecodePageToken(std::string_view token, uint32_t shard, std::string_view filter) {
  if (token.empty()) return std::numeric_limits<int64_t>::max();
  std::string bytes;
  const bool decoded = absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &bytes);
  if (!decoded || bytes.size() != kSize || bytes[0] != kVersion) {
    return InvalidField("page_token", "is not a token of this list");
  }
  const std::string_view view(bytes);
  const int64_t before = static_cast<int64_t>(BigEndian(view.substr(5, 8)));
  if (BigEndian(view.substr(1, 4)) != shard || before <= 0)
    return InvalidField("page_token", "is not a token of this list");
  if (BigEndian(view.substr(13, 8)) != XXH3_64bits(filter.data(), filter.size())) {
    return InvalidField("page_token", "was made with other filters");
  }
  return before;
}

absl::StatusOr<int64_t> DecodeRisingPageToken(std::string_view token, uint32_t shard, std::string_view filter) {
  if (token.empty()) return 0;
  return DecodePageToken(token, shard, filter);
}

}  // namespace ordermesh
