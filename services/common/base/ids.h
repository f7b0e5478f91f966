// Ids of the mesh: UUIDs of version 7 (made from time and randomness) and 8 (made from what they name).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ordermesh {

// 128 bits of a UUID, high half first as on the wire.
struct Uuid {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const Uuid&, const Uuid&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.high, id.low);
  }
  bool IsZero() const { return high == 0 && low == 0; }
  // Lower case, 36 characters.
  std::string ToString() const;
  // Accepts exactly that form.
  static std::optional<Uuid> Parse(std::string_view text);
};

// UUIDv7 from a time in ms since 1970 and two random numbers.
Uuid MakeUuidV7(int64_t unix_ms, uint64_t random_a, uint64_t random_b);
// The time in a UUIDv7.
int64_t UnixMsOf(const Uuid& uuid_v7);

// An order's id encodes where it is: shard (0 to 4095) and position (1 to 2^48 - 1), and 62 check bits, so that a
// mistyped id finds nothing. There is no index from id to order.
struct OrderPlace {
  uint32_t shard = 0;
  int64_t position = 0;
  friend bool operator==(const OrderPlace&, const OrderPlace&) = default;
};
Uuid MakeOrderId(const OrderPlace& place);
// Nothing where the id is not one that MakeOrderId gives.
std::optional<OrderPlace> ParseOrderId(std::string_view id);

// An error's id: UUIDv8 from the first bits of SHA-256(partner, kind, payload hash).
Uuid MakeErrorId(std::string_view partner_id, int kind, std::string_view payload_sha256);

// A job's id: UUIDv8 from the first bits of SHA-256(who started it, its request id).
Uuid MakeJobId(std::string_view actor, std::string_view request_id);

// SHA-256, 32 bytes.
std::string Sha256(std::string_view bytes);

// Which of `shards` holds the partner's orders. Never changes for the same number of shards.
uint32_t ShardOf(std::string_view partner_id, uint32_t shards);

}  // namespace ordermesh
