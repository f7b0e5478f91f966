// API keys: how they are made and what is kept of them. Pure: randomness comes in as bytes.
//
//   key = "omk_live_" random checksum
//   random   = 43 digits of base 62 (0-9, A-Z, a-z): 32 random bytes as one big-endian number, padded with zeros in
//   front checksum = 6 such digits: CRC-32 (as in gzip) of all that precedes it, padded likewise
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ordermesh::partners {

inline constexpr size_t kKeyRandomBytes = 32;
inline constexpr size_t kKeyIdRandomBytes = 10;
inline constexpr size_t kKeyChars = 58;

// Of exactly kKeyRandomBytes. The caller wipes both when done.
std::string MakeApiKey(std::string_view random);
// Whether it has the form and the checksum of a key: finds typing errors, proves nothing.
bool IsApiKey(std::string_view key);
// The first 13 characters, to tell keys apart.
std::string ApiKeyPrefix(std::string_view key);
// "key_" and 16 characters of base 32 (a-z, 2-7), of exactly kKeyIdRandomBytes.
std::string MakeKeyId(std::string_view random);

// Overwrites the text and empties it.
void Wipe(std::string& secret);

// The secret that keys are hashed with. Wiped when it goes.
class Pepper {
 public:
  // At least 32 bytes in hex, with white space around it. INVALID_ARGUMENT (BAD_PEPPER) otherwise.
  static absl::StatusOr<Pepper> Parse(std::string_view hex);
  Pepper(Pepper&& other) = default;
  Pepper& operator=(Pepper&& other) = delete;
  ~Pepper();

  // HMAC-SHA-256 of the whole key: 32 bytes.
  std::string Hmac(std::string_view key) const;

 private:
  Pepper() = default;

  // No text: a moved vector leaves nothing behind.
  std::vector<unsigned char> bytes_;
};

}  // namespace ordermesh::partners
