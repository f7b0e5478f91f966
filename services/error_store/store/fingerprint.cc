#include "services/error_store/store/fingerprint.h"

#include <xxhash.h>

#include "services/common/kv/kv.h"

namespace ordermesh::error_store {

void StateHash::Add(std::string_view bytes) {
  hash_.Update(kv::EncodeU64(bytes.size()));
  hash_.Update(bytes);
}

std::string StateHash::Finish() { return hash_.FinishHex(); }

void Fingerprint::Add(std::string_view key, std::string_view value) {
  const XXH128_hash_t of_key = XXH3_128bits(key.data(), key.size());
  const XXH128_hash_t hash = XXH3_128bits_withSeed(value.data(), value.size(), of_key.low64 ^ (of_key.high64 << 1));
  ++count;
  low += hash.low64;
  high += hash.high64;
}

}  // namespace ordermesh::error_store
