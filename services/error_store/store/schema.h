// What the error-store keeps on disk. Numbers and names that reach disk are never reused; a new format is a new family
// name or a new version byte. All numbers are big-endian, so that keys sort as numbers do.
//
//   rows_v1      key = position:u64
//                value = version:1 origin:u64 sha256:32 payload_size:u32 error:OrderError        (no payload, no order)
//   ids_v1       key = id:16                              value = position:u64
//   payloads_v1  key = origin:u64                         value = version:1 raw_size:u32 raw order:Order
//   postings_v1  key = 'a' partner 0 position:u64         value = empty
//                    | 'b' code:u32 position:u64
//                    | 'c' status:u32 position:u64
//   zones_v1     key = zone:u64                           value = count:u32 received_first:u64 received_last:u64
//   expires_first:u64 counters_v1  key = 'a'                                value = count:u64 (errors in all)
//                    | 'b' partner                                                              (errors of a partner)
//                    | 'c' partner 0 code:u32 field                                             (errors that have it)
//   meta_v1      key = "position"                         value = position:u64                  (the last that was
//   given)
//                    | "shard"                            value = shard:u32
//
// `position` is the error's place in the change feed. A change gives an error a new one: its row, its id entry and its
// postings move, and the old row leaves a gap, as a swept one does. `origin` is the first position that it had; its
// payload never changes and stays there. `payload_size` is the size of the payload's value, 0 where there is none. A
// zone sums up the rows of kZonePositions positions (seconds since 1970): lists pass over zones outside their times,
// and the sweep finds expired errors without an index of its own. A zone without rows and a counter of 0 have no entry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/ids.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/intake.h"

namespace ordermesh::error_store {

// The place of each family in Families().
enum ErrorFamily : kv::Family { kRows, kIds, kPayloads, kPostings, kZones, kCounters, kMeta };
std::vector<kv::FamilyOptions> Families();

inline constexpr std::string_view kLastPositionKey = "position";
inline constexpr std::string_view kShardKey = "shard";

// An error as it is stored.
struct Row {
  int64_t origin = 0;
  std::string payload_sha256;
  uint32_t payload_size = 0;
  ErrorMessage error;
};

std::string EncodeRow(const Row& row);
// DATA_LOSS for bytes that EncodeRow does not give.
absl::StatusOr<Row> DecodeRow(std::string_view bytes);

// Empty where there is neither payload nor order.
std::string EncodePayload(std::string_view raw_payload, std::string_view canonical_order);
// Sets raw_payload and order. DATA_LOSS for bytes that EncodePayload does not give.
absl::Status DecodePayload(std::string_view bytes, ErrorMessage& error);

std::string IdKey(const Uuid& id);
std::string PositionKey(int64_t position);
// DATA_LOSS where it is no key of a position.
absl::StatusOr<int64_t> PositionOf(std::string_view bytes);

// What all postings of a value start with; the position follows.
std::string PartnerPostings(std::string_view partner_id);
std::string CodePostings(ViolationCode code);
std::string StatusPostings(ErrorMessage::Status status);
// The prefixes that an error is listed under, each once.
std::vector<std::string> PostingsOf(const ErrorMessage& error);

// The summary of the rows of one zone.
struct Zone {
  uint32_t count = 0;
  int64_t received_first = 0;
  int64_t received_last = 0;
  int64_t expires_first = 0;

  void Add(const ErrorMessage& error);
  friend bool operator==(const Zone&, const Zone&) = default;
};

int64_t ZoneOf(int64_t position);
int64_t FirstPositionOf(int64_t zone);
std::string ZoneKey(int64_t zone);
std::string EncodeZone(const Zone& zone);
absl::StatusOr<Zone> DecodeZone(std::string_view bytes);

inline constexpr std::string_view kTotalCounter = "a";
inline constexpr char kPartnerCounters = 'b';
inline constexpr char kCodeFieldCounters = 'c';
std::string PartnerCounter(std::string_view partner_id);
// What the (code, field) counters of a partner start with.
std::string CodeFieldCountersOf(std::string_view partner_id);
std::string CodeFieldCounter(std::string_view partner_id, ViolationCode code, std::string_view field);
// Every counter that an error counts in, each once.
std::vector<std::string> CountersOf(const ErrorMessage& error);
absl::StatusOr<int64_t> DecodeCount(std::string_view bytes);

}  // namespace ordermesh::error_store
