#include "services/error_store/store/fingerprint.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include "absl/strings/escaping.h"
#include "services/common/base/errors.h"
#include "services/common/kv/kv.h"

namespace ordermesh::error_store {

struct StateHash::Impl {
  Impl() : context(EVP_MD_CTX_new()) { OM_CHECK(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
  ~Impl() { EVP_MD_CTX_free(context); }
  EVP_MD_CTX* const context;
};

StateHash::StateHash() : impl_(std::make_unique<Impl>()) {}
StateHash::~StateHash() = default;

void StateHash::Add(std::string_view bytes) {
  const std::string size = kv::EncodeU64(bytes.size());
  OM_CHECK(EVP_DigestUpdate(impl_->context, size.data(), size.size()) == 1);
  OM_CHECK(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) == 1);
}

std::string StateHash::Finish() {
  std::string hash(32, '\0');
  OM_CHECK(EVP_DigestFinal_ex(impl_->context, reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1);
  return absl::BytesToHexString(hash);
}

void Fingerprint::Add(std::string_view key, std::string_view value) {
  const XXH128_hash_t of_key = XXH3_128bits(key.data(), key.size());
  const XXH128_hash_t hash = XXH3_128bits_withSeed(value.data(), value.size(), of_key.low64 ^ (of_key.high64 << 1));
  ++count;
  low += hash.low64;
  high += hash.high64;
}

}  // namespace ordermesh::error_store
