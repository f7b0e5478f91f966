// What happens to a store between opening its files and the first order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ordermesh/order/v1/order.pb.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/effects.h"
#include "services/order_store/store/log.h"

namespace ordermesh::order_store {

// Notes, before the first row of that version, that rows may have it: a release that does not know it must not start on
// such a store. FAILED_PRECONDITION where a newer release has noted more than this one knows.
absl::Status RaiseFormat(kv::Kv& kv, uint32_t record_version);

// Checks that the store is this shard's, that the log reaches `acknowledged`, and makes identities, numbers and
// counters again for positions that they do not cover. DATA_LOSS where the log ends before what was acknowledged;
// FAILED_PRECONDITION for another shard's store.
absl::Status Recover(kv::Kv& kv, const Log& log, uint32_t shard, int64_t acknowledged);

// A stored row, taken apart as its effects need it. The views of `effect` point into it: it must not move.
struct DecodedEffect {
  order::v1::Order order;
  std::string identity;
  EffectOf effect;
  uint32_t hour = 0;
};
absl::Status DecodeEffect(std::string_view row, int64_t position, DecodedEffect* decoded);

// Reads the log from `from` to `last`, puts the effects of each row into `kv` in groups, and marks them as applied.
absl::Status ApplyEffects(const Log& log, int64_t from, int64_t last, kv::Kv& kv);

}  // namespace ordermesh::order_store
