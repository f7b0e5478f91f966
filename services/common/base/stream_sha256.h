// SHA-256 of what comes piece by piece.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace ordermesh {

// Not thread-safe.
class StreamSha256 {
 public:
  StreamSha256();
  void Update(std::string_view bytes);
  // 32 bytes. Update no more.
  std::string Finish();
  // The same in lower-case hex.
  std::string FinishHex();

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace ordermesh
