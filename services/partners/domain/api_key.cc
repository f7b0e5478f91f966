#include "services/partners/domain/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"

namespace ordermesh::partners {
namespace {

constexpr std::string_view kStart = "omk_live_";
constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kRandomChars = 43;
constexpr size_t kChecksumChars = 6;
constexpr size_t kPrefixChars = 13;
constexpr size_t kMinPepperBytes = 32;
constexpr size_t kHmacBytes = 32;
static_assert(kStart.size() + kRandomChars + kChecksumChars == kKeyChars);

std::array<char, kChecksumChars> Checksum(std::string_view text) {
  uint32_t value = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const unsigned char*>(text.data()), static_cast<unsigned>(text.size())));
  std::array<char, kChecksumChars> digits;
  for (size_t i = digits.size(); i-- > 0; value /= 62) digits[i] = kBase62[value % 62];
  return digits;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string MakeApiKey(std::string_view random) {
  OM_CHECK(random.size() == kKeyRandomBytes);
  std::array<unsigned char, kKeyRandomBytes> number;
  std::copy(random.begin(), random.end(), number.begin());
  // Sized at once: growing would leave copies of the secret behind.
  std::string key(kKeyChars, '0');
  std::copy(kStart.begin(), kStart.end(), key.begin());
  for (size_t i = kStart.size() + kRandomChars; i-- > kStart.size();) {
    unsigned remainder = 0;
    for (unsigned char& byte : number) {
      const unsigned value = remainder << 8 | byte;
      byte = static_cast<unsigned char>(value / 62);
      remainder = value % 62;
    }
    key[i] = kBase62[remainder];
  }
  OPENSSL_cleanse(number.data(), number.size());
  const auto checksum = Checksum(std::string_view(key).substr(0, kKeyChars - kChecksumChars));
  std::copy(checksum.begin(), checksum.end(), key.end() - kChecksumChars);
  return key;
}

bool IsApiKey(std::string_view key) {
  if (key.size() != kKeyChars || key.substr(0, kStart.size()) != kStart) return false;
  const auto checksum = Checksum(key.substr(0, kKeyChars - kChecksumChars));
  return key.find_first_not_of(kBase62, kStart.size()) == key.npos &&
         std::equal(checksum.begin(), checksum.end(), key.end() - kChecksumChars);
}

std::string ApiKeyPrefix(std::string_view key) { return std::string(key.substr(0, kPrefixChars)); }

std::string MakeKeyId(std::string_view random) {
  OM_CHECK(random.size() == kKeyIdRandomBytes);
  std::string id = "key_";
  for (size_t i = 0; i < random.size(); i += 5) {
    uint64_t bits = 0;
    for (const char c : random.substr(i, 5)) bits = bits << 8 | static_cast<unsigned char>(c);
    for (int shift = 35; shift >= 0; shift -= 5) id += kBase32[bits >> shift & 31];
  }
  return id;
}

void Wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

Pepper::~Pepper() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

absl::StatusOr<Pepper> Pepper::Parse(std::string_view hex) {
  while (!hex.empty() && absl::ascii_isspace(hex.back())) hex.remove_suffix(1);
  while (!hex.empty() && absl::ascii_isspace(hex.front())) hex.remove_prefix(1);
  if (hex.size() % 2 != 0) return BadPepper("must hold whole bytes in hex");
  Pepper pepper;
  pepper.bytes_.resize(hex.size() / 2);
  for (size_t i = 0; i < pepper.bytes_.size(); ++i) {
    const int high = HexDigit(hex[2 * i]);
    const int low = HexDigit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return BadPepper("must hold nothing but hex digits");
    pepper.bytes_[i] = static_cast<unsigned char>(high << 4 | low);
  }
  if (pepper.bytes_.size() < kMinPepperBytes) return BadPepper("must hold at least 32 bytes in hex");
  return pepper;
}

std::string Pepper::Hmac(std::string_view key) const {
  std::string digest(kHmacBytes, '\0');
  unsigned size = 0;
  const auto* made = HMAC(EVP_sha256(), bytes_.data(), static_cast<int>(bytes_.size()),
                          reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                          reinterpret_cast<unsigned char*>(digest.data()), &size);
  OM_CHECK(made != nullptr && size == kHmacBytes);
  return digest;
}

}  // namespace ordermesh::partners
