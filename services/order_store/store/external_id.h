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
// partner that has orders. What can be no id has none. Asks the writer, which alone knows whether all that the log
// holds is stored (writer.h, effects that are owed). RESOURCE_EXHAUSTED where its queue is full or effects are owed. A
// writer without a thread of its own is made to work here.
absl::StatusOr<std::vector<int64_t>> FindByExternalId(const kv::Kv& kv, Writer& writer, bool has_thread,
                                                      const std::string& partner_id,
                                                      const std::string& external_order_id);

}  // namespace ordermesh::order_store
