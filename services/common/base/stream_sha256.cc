#include "services/common/base/stream_sha256.h"

#include "absl/strings/escaping.h"
#include "services/common/base/errors.h"

namespace ordermesh {

StreamSha256::StreamSha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  OM_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void StreamSha256::Update(std::string_view bytes) {
  OM_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string StreamSha256::Finish() {
  std::string hash(32, '\0');
  OM_CHECK(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1);
  return hash;
}

std::string StreamSha256::FinishHex() { return absl::BytesToHexString(Finish()); }

}  // namespace ordermesh
