// The buckets that replicas lease tokens from. Pure: the time comes in as for TokenBucket.
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/partners/domain/token_bucket.h"

namespace ordermesh::partners {

// What a replica asks of one bucket.
struct Want {
  // Names the bucket.
  std::string bucket;
  Rate rate;
  // The replica.
  std::string holder;
  int64_t wanted = 0;
  // Tokens leased before that were not used.
  int64_t returned = 0;
};

struct Grant {
  int64_t granted = 0;
  // Zero where all that was wanted was granted.
  absl::Duration retry_after;
  // Replicas that asked for tokens within kHolderTime.
  int holders = 0;
};

// Not thread-safe.
class LeaseBook {
 public:
  // A new bucket is full. While several replicas ask, each gets at most its share of what is there.
  Grant Lease(const Want& want, absl::Duration now);
  // Forgets buckets that are as good as new: full, and nobody has asked within kHolderTime.
  void Sweep(absl::Duration now);
  size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    TokenBucket tokens;
    // When each replica last asked.
    absl::flat_hash_map<std::string, absl::Duration> holders;
  };

  absl::flat_hash_map<std::string, Bucket> buckets_;
};

}  // namespace ordermesh::partners
