// Every limit of the mesh that more than one part must agree on, with its reason.
#pragma once

#include <cstddef>

namespace ordermesh {

// The contract: an order is at most 1 MiB as received.
inline constexpr size_t kMaxOrderBytes = 1 << 20;
// The contract: a batch is at most 10,000 orders or 8 MiB.
inline constexpr size_t kMaxBatchOrders = 10'000;
inline constexpr size_t kMaxBatchBytes = 8 << 20;
// Largest message from a client: one batch and its framing.
inline constexpr int kMaxClientMessageBytes = 9 << 20;
// Messages between services are cut here: 256 retail orders reach 1.5 MB, and smaller pieces keep streams moving.
inline constexpr size_t kMaxStreamMessageBytes = 1 << 20;
inline constexpr int kMaxStreamMessageItems = 512;
// Largest message between services: a full piece plus one order that came last, its order and raw payload both.
inline constexpr int kMaxInternalMessageBytes = 4 << 20;
// What one stream of a service may have unanswered.
inline constexpr size_t kStreamWindowOrders = 8'192;
inline constexpr size_t kStreamWindowBytes = 16 << 20;
// Answers name at most this many violations, and this much of an offending value.
inline constexpr int kMaxViolations = 100;
inline constexpr size_t kMaxViolationValueBytes = 256;
// JSON deeper than this is unreadable: no partner nests orders so, and recursion stays bounded.
inline constexpr int kMaxJsonDepth = 64;
inline constexpr size_t kMaxLines = 10'000;
// Ids and names inside an order.
inline constexpr size_t kMaxIdBytes = 128;
inline constexpr size_t kMaxPartnerIdBytes = 64;

}  // namespace ordermesh
