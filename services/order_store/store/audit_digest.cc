#include "services/order_store/store/audit_digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ordermesh::order_store {

void SetDigest::Add(std::string_view member) {
  const XXH128_hash_t hash = XXH3_128bits(member.data(), member.size());
  sum_ += static_cast<unsigned __int128>(hash.high64) << 64 | hash.low64;
  ++count_;
}

}  // namespace ordermesh::order_store
