// Counts and sums by partner and currency, of all time and by hour of processed_at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {

// Not thread-safe. Add for each order of a group, then WriteTo; a group whose write failed is undone by Forget. The
// orders of one group share one hour.
class Counters {
 public:
  explicit Counters(const kv::Kv& kv) : kv_(kv) {}

  absl::Status Add(std::string_view partner_id, std::string_view currency, uint32_t hour, uint64_t lines,
                   const OrderSums& sums);
  // Puts every changed counter into the batch.
  void WriteTo(kv::WriteBatch& batch);
  // Drops everything in memory, changes included.
  void Forget();

 private:
  struct Entry {
    std::string partner_id;
    std::string currency;
    uint32_t hour = 0;
    Totals all;
    Totals of_hour;
    bool loaded = false;
    bool changed = false;
  };

  Entry& Find(std::string_view partner_id, std::string_view currency);
  absl::Status Load(Entry& entry, uint32_t hour);

  const kv::Kv& kv_;
  absl::node_hash_map<std::string, Entry> entries_;
  std::vector<Entry*> changed_;
  // The entry of the order before.
  Entry* last_ = nullptr;
};

}  // namespace ordermesh::order_store
