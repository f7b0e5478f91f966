#include "services/common/base/ids.h"

#include <openssl/evp.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr uint64_t kVariant = uint64_t{0b10} << 62;
constexpr uint64_t kLow62 = (uint64_t{1} << 62) - 1;
constexpr uint64_t kLow48 = (uint64_t{1} << 48) - 1;
constexpr uint64_t kOrderIdSeed = 0x6f72646572;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool IsDash(int at) { return at == 8 || at == 13 || at == 18 || at == 23; }

Uuid WithVersion(uint64_t high, uint64_t low, uint64_t version) {
  return {(high & ~uint64_t{0xf000}) | version << 12, kVariant | (low & kLow62)};
}

uint64_t BigEndian(const char* bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return __builtin_bswap64(value);
}

// A UUIDv8 that stands for the bytes.
Uuid NamedBy(std::string_view bytes) {
  const std::string hash = Sha256(bytes);
  return WithVersion(BigEndian(hash.data()), BigEndian(hash.data() + 8), 8);
}

}  // namespace

std::string Uuid::ToString() const {
  std::string text(36, '-');
  int nibble = 0;
  for (int at = 0; at < 36; ++at) {
    if (IsDash(at)) continue;
    const uint64_t half = nibble < 16 ? high : low;
    text[at] = kHex[(half >> (60 - 4 * (nibble % 16))) & 0xf];
    ++nibble;
  }
  return text;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  int nibble = 0;
  for (int at = 0; at < 36; ++at) {
    if (IsDash(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const int value = HexValue(text[at]);
    if (value < 0) return std::nullopt;
    uint64_t& half = nibble < 16 ? id.high : id.low;
    half = half << 4 | static_cast<uint64_t>(value);
    ++nibble;
  }
  return id;
}

Uuid MakeUuidV7(int64_t unix_ms, uint64_t random_a, uint64_t random_b) {
  const uint64_t high = (static_cast<uint64_t>(unix_ms) & kLow48) << 16 | (random_a & 0xfff);
  return WithVersion(high, random_b, 7);
}

int64_t UnixMsOf(const Uuid& id) { return static_cast<int64_t>(id.high >> 16); }

Uuid MakeOrderId(const OrderPlace& place) {
  OM_CHECK(place.position > 0 && static_cast<uint64_t>(place.position) <= kLow48 && place.shard <= 0xfff);
  const uint64_t high = static_cast<uint64_t>(place.position) << 16 | place.shard;
  return WithVersion(high, XXH3_64bits_withSeed(&high, sizeof(high), kOrderIdSeed), 8);
}

std::optional<OrderPlace> ParseOrderId(std::string_view text) {
  const auto id = Uuid::Parse(text);
  if (!id.has_value()) return std::nullopt;
  const OrderPlace place{static_cast<uint32_t>(id->high & 0xfff), static_cast<int64_t>(id->high >> 16)};
  if (place.position == 0 || MakeOrderId(place) != *id) return std::nullopt;
  return place;
}

Uuid MakeErrorId(std::string_view partner_id, int kind, std::string_view payload_sha256) {
  std::string key(partner_id);
  key += '\0';
  key += static_cast<char>(kind);
  key += payload_sha256;
  return NamedBy(key);
}

Uuid MakeJobId(std::string_view actor, std::string_view request_id) {
  std::string key("job");
  key += '\0';
  key += actor;
  key += '\0';
  key += request_id;
  return NamedBy(key);
}

std::string Sha256(std::string_view bytes) {
  // EVP_sha256() only names the algorithm; looking it up each time costs more than hashing a payload.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  OM_CHECK(algorithm != nullptr);
  std::string hash(32, '\0');
  unsigned length = 0;
  OM_CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()), &length, algorithm,
                      nullptr) == 1);
  return hash;
}

uint32_t ShardOf(std::string_view partner_id, uint32_t shards) {
  return static_cast<uint32_t>(XXH3_64bits(partner_id.data(), partner_id.size()) % shards);
}

}  // namespace ordermesh
