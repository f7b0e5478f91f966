// Which orders have an external id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/writer.h"

namespace ordermesh::order_store {

// The positions of the orders with this external id, the highest first: of one partner, or where that is empty of every
// partner that has orders. What can be no id has none. Asks the writer, which knows the last identities: to look those
// up in the engine would sort its buffer (kv.h, random_keys). RESOURCE_EXHAUSTED where the writer's queue is full.
// A writer without a thread of its own is made to work here.
absl::StatusOr<std::vector<int64_t>> FindByExternalId(const kv::Kv& kv, Writer& writer, bool has_thread,
                                                      const std::string& partner_id,
                                                      const std::string& external_order_id);

}  // namespace ordermesh::order_store
