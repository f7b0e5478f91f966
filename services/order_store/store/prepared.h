// Orders made ready for the writer on the threads that received them: checked, hashed, encoded. What is left to the one
// writing thread is looking up, deciding and appending.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ordermesh/order/v1/order_commit_service.pb.h"
#include "services/common/base/ids.h"
#include "services/order_store/domain/check_order.h"
#include "services/order_store/domain/content_hash.h"
#include "services/order_store/domain/decision.h"
#include "services/order_store/domain/differences.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/terms.h"

namespace ordermesh::order_store {

// A piece of PreparedGroup::bytes.
struct Slice {
  uint32_t offset = 0;
  uint32_t size = 0;
};

// One order or question of a group.
struct PreparedItem {
  // A lookup asks only who holds the identity: its decision says nothing.
  enum class Kind : uint8_t { kInvalid, kQuestion, kOrder, kLookup };

  // What was asked.
  uint64_t tag = 0;
  Kind kind = Kind::kInvalid;
  bool has_content = false;
  bool has_sequence_number = false;
  uint8_t partner_bytes = 0;
  char currency[3] = {};
  uint32_t lines = 0;
  Uuid ingest_id;
  ContentHash content;
  uint64_t sequence_number = 0;
  OrderSums sums;
  Slice identity;
  Slice raw_sha256;
  Slice row;
  Slice payload;
  // Of the delivery; empty where the sender gave none.
  Slice trace_id;
  OrderTerms terms;

  // What was decided. With `failed` the answer is a status, below in the group.
  Decision decision = Decision::kNotAReplay;
  bool failed = false;
  // The order that is meant; 0 where none is.
  int64_t position = 0;
};

// The items of one message, decided and answered together.
struct PreparedGroup {
  std::vector<PreparedItem> items;
  // Identities, rows and payloads of all items.
  std::string bytes;
  // Product terms of all items.
  std::vector<uint32_t> product_terms;
  // By place in `items`: why an item has no verdict, and what differs. Few.
  std::vector<std::pair<size_t, absl::Status>> statuses;
  std::vector<std::pair<size_t, Violations>> violations;

  std::string_view View(Slice slice) const { return std::string_view(bytes).substr(slice.offset, slice.size); }
  std::string_view PartnerOf(const PreparedItem& item) const {
    return std::string_view(bytes).substr(item.identity.offset + sizeof(uint64_t), item.partner_bytes);
  }
  void Fail(size_t index, absl::Status status) {
    items[index].failed = true;
    statuses.emplace_back(index, std::move(status));
  }
};

// Takes a message apart. Bad items are marked failed with INVALID_ARGUMENT and disturb no
// other.
std::unique_ptr<PreparedGroup> Prepare(order::v1::CommitOrdersRequest& request);

// Adds the question who holds an identity. Both parts must pass CheckIdentity.
void AddLookup(std::string_view partner_id, std::string_view external_order_id, PreparedGroup& group);

// What a group weighs in the writer's queue: its bytes, and at least kMinItemWeight for each item.
size_t WeightOf(const PreparedGroup& group);

// 4,096 items, or 8 MiB, fill one write.
inline constexpr size_t kMinItemWeight = 2 << 10;

}  // namespace ordermesh::order_store
