#include "services/partners/domain/lease_book.h"

#include <algorithm>

#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

// So that nobody asks again at once where others' shares are left in the bucket.
constexpr absl::Duration kMinRetry = absl::Milliseconds(1);

void DropIdle(absl::flat_hash_map<std::string, absl::Duration>& holders, absl::Duration now) {
  absl::erase_if(holders, [now](const auto& holder) { return now - holder.second > kHolderTime; });
}

}  // namespace

Grant LeaseBook::Lease(const Want& want, absl::Duration now) {
  Bucket& bucket = buckets_.try_emplace(want.bucket, Bucket{TokenBucket(want.rate, now), {}}).first->second;
  bucket.tokens.SetRate(want.rate, now);
  bucket.tokens.Return(want.returned, now);
  DropIdle(bucket.holders, now);
  if (want.wanted > 0) bucket.holders[want.holder] = now;
  const int holders = static_cast<int>(bucket.holders.size());
  const int64_t balance = bucket.tokens.Balance(now);
  const int64_t share = holders > 1 ? (balance + holders - 1) / holders : balance;
  Grant grant;
  grant.granted = bucket.tokens.Take(std::min(want.wanted, share), now);
  if (grant.granted < want.wanted) grant.retry_after = std::max(bucket.tokens.UntilNext(now), kMinRetry);
  grant.holders = holders;
  return grant;
}

void LeaseBook::Sweep(absl::Duration now) {
  absl::erase_if(buckets_, [now](auto& entry) {
    DropIdle(entry.second.holders, now);
    return entry.second.holders.empty() && entry.second.tokens.IsFull(now);
  });
}

}  // namespace ordermesh::partners
