// Everything that the order-store has on disk: families, keys, values and versions. Numbers written here are never
// reused for something else. Numbers are big-endian unless a varint is named.
//
//   family        key                                            value
//   meta          "format"                                       u32: the highest version that rows may have
//                 "shard"                                        u32
//                 "applied"                                      u64: identities and counters cover positions up to
//                 this "sealed"                                       u64: blocks with postings are those below this
//   rows          position                                       row
//   payloads      position                                       raw bytes; absent where the order came typed
//   external_ids  identity                                       holder
//   sequences     partner NUL block:u64                          numbers
//   counters      't' partner NUL currency                       totals: of all time
//                 'h' hour:u32 partner NUL currency              totals: of one hour of processed_at, since 1970
//   postings      kind:u8 block:u32 first_term:u32               chunk (postings.h)
//   deliveries_v1 order id, ingest id                            delivery (common/kv/delivery_diary.h)
//
//   position = u64, dense, from 1
//   row      = version:u8 flags:u8 ingest_id:16 content_hash:16 processed_at:i64 [raw_sha256:32] order [check:u64]
//              flags bit 0: raw_sha256 is there; processed_at in ns since 1970
//              version 1: no check. 2: check is XXH3-64 of all bytes before it. Rows of all versions may be mixed
//   order    = serialized Order without id, received_time, processed_at, ingest_id (they follow from position and head)
//              and raw_payload (it has its own family); trace_id, where there is one, comes last
//   identity = XXH3-64(partner NUL external_id) partner NUL external_id       first bytes random: short index keys
//   holder   = position content_hash:16 ingest_low:u64           so that a replay is decided without reading a row
//   numbers  = (u16 offset)*, ascending, fewer than 64   |   bitmap of 1,024 bits, lowest bit first
//              the sequence numbers block * 1,024 + offset that are held
//   totals   = count:u64 lines:u64 gross:i128 tax:i128 net:i128   amounts in nanos of the currency
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/ids.h"
#include "services/common/kv/kv.h"
#include "services/order_store/domain/check_order.h"
#include "services/order_store/domain/content_hash.h"

namespace ordermesh::order_store {

enum : kv::Family { kMeta, kRows, kPayloads, kExternalIds, kSequences, kCounters, kPostings, kDeliveries, kFamilies };

// The versions of rows that this code reads and can write.
inline constexpr uint32_t kFirstRecordVersion = 1;
inline constexpr uint32_t kLastRecordVersion = 2;
inline constexpr char kMetaFormat[] = "format";
inline constexpr char kMetaShard[] = "shard";
inline constexpr char kMetaApplied[] = "applied";
inline constexpr char kMetaSealed[] = "sealed";

// No key of ours is as long.
inline constexpr size_t kMaxKeyBytes = 256;

// The families in the order of the enum, with what `write_buffer_bytes` in all leaves to each.
std::vector<kv::FamilyOptions> Families(size_t write_buffer_bytes);

// The head of a row. processed_at stands at a fixed place: it is only known when the order is decided, as is the
// version.
struct RowHead {
  Uuid ingest_id;
  ContentHash content;
  int64_t processed_at_ns = 0;
  // 32 bytes, or empty.
  std::string_view raw_sha256;
};

void AppendRowHead(const RowHead& head, std::string& row);
// What every row leaves free behind it until it is finished.
inline constexpr size_t kRowSpareBytes = 8;
// Makes head and order, `size` bytes with kRowSpareBytes behind them, a row of the version. Gives the row's size.
size_t FinishRow(uint32_t version, int64_t processed_at_ns, char* row, size_t size);

// A row taken apart. Views into the bytes it was decoded from.
struct RowView {
  RowHead head;
  std::string_view order;
  // What it says: the same in every version.
  std::string_view content;
};
// DATA_LOSS where the bytes are no row, fail their check, or are of a version that this code does not know.
absl::StatusOr<RowView> DecodeRow(std::string_view bytes);

// The hash and the exact text of an identity.
void AppendIdentity(std::string_view partner_id, std::string_view external_order_id, std::string& key);

struct Holder {
  int64_t position = 0;
  ContentHash content;
  uint64_t ingest_low = 0;
};
void AppendHolder(const Holder& holder, std::string& value);
absl::StatusOr<Holder> DecodeHolder(std::string_view bytes);

// Counts and sums.
struct Totals {
  uint64_t count = 0;
  uint64_t lines = 0;
  OrderSums sums;

  void Add(uint64_t order_lines, const OrderSums& order_sums);
  void Add(const Totals& other);
};
void AppendTotals(const Totals& totals, std::string& value);
absl::StatusOr<Totals> DecodeTotals(std::string_view bytes);

// Keys of the counters. `hour` counts from 1970.
std::string TotalsKey(std::string_view partner_id, std::string_view currency);
std::string HourKey(uint32_t hour, std::string_view partner_id, std::string_view currency);
struct CounterKey {
  std::optional<uint32_t> hour;
  std::string_view partner_id;
  std::string_view currency;
};
absl::StatusOr<CounterKey> DecodeCounterKey(std::string_view key);

// DATA_LOSS: `what` has bytes that nothing of ours writes.
absl::Status Damaged(std::string_view what);

}  // namespace ordermesh::order_store
