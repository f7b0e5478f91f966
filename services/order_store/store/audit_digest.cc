#include "services/order_store/store/audit_digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/escaping.h"
#include "services/common/base/errors.h"

namespace ordermesh::order_store {

void SetDigest::Add(std::string_view member) {
  const XXH128_hash_t hash = XXH3_128bits(member.data(), member.size());
  sum_ += static_cast<unsigned __int128>(hash.high64) << 64 | hash.low64;
  ++count_;
}

StreamSha256::StreamSha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  OM_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void StreamSha256::Update(std::string_view bytes) {
  OM_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string StreamSha256::Finish() {
  std::string hash(32, '\0');
  OM_CHECK(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1);
  return absl::BytesToHexString(hash);
}

}  // namespace ordermesh::order_store
