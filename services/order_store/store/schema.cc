#include "services/order_store/store/schema.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/kv/delivery_diary.h"

namespace ordermesh::order_store {
namespace {

constexpr char kHasRawSha256 = 1;
constexpr size_t kProcessedAtOffset = 2 + 16 + 16;
constexpr size_t kRowHeadBytes = kProcessedAtOffset + 8;
constexpr size_t kSha256Bytes = 32;
// The first version that ends with a check of what is before it.
constexpr uint32_t kVersionWithCheck = 2;
constexpr size_t kRowCheckBytes = 8;
static_assert(kRowCheckBytes <= kRowSpareBytes);
constexpr size_t kHolderBytes = 8 + 16 + 8;
constexpr size_t kTotalsBytes = 8 + 8 + 3 * 16;
constexpr char kTotalsPrefix = 't';
constexpr char kHourPrefix = 'h';

uint64_t ReadU64(std::string_view bytes, size_t at) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return __builtin_bswap64(value);
}

void WriteU64(uint64_t value, char* at) {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof(value));
}

absl::Status UnknownVersion(uint8_t version) {
  return Refusal(absl::StatusCode::kDataLoss, "UNKNOWN_RECORD_VERSION",
                 absl::StrCat("a row has version ", version, ", and this release reads versions ", kFirstRecordVersion,
                              " to ", kLastRecordVersion, ": start the release that wrote it, or a newer one"));
}

void AppendI128(std::string& out, __int128 value) {
  kv::AppendU64(out, static_cast<uint64_t>(static_cast<unsigned __int128>(value) >> 64));
  kv::AppendU64(out, static_cast<uint64_t>(value));
}

__int128 ReadI128(std::string_view bytes, size_t at) {
  return static_cast<__int128>(static_cast<unsigned __int128>(ReadU64(bytes, at)) << 64 | ReadU64(bytes, at + 8));
}

}  // namespace

std::vector<kv::FamilyOptions> Families(size_t write_buffer_bytes) {
  // The identities come in random order: the larger their buffer, the fewer times a compaction moves them.
  const size_t share = std::max<size_t>(write_buffer_bytes / 16, 1 << 20);
  return {
      {.name = "meta", .write_buffer_bytes = 1 << 20},
      {.name = "rows", .write_buffer_bytes = 4 * share},
      {.name = "payloads", .large_values = true, .write_buffer_bytes = 3 * share},
      {.name = "external_ids", .point_lookups = true, .random_keys = true, .write_buffer_bytes = 4 * share},
      {.name = "sequences", .point_lookups = true, .write_buffer_bytes = share},
      {.name = "counters", .write_buffer_bytes = 1 << 20},
      {.name = "postings", .write_buffer_bytes = share},
      {.name = kv::kDeliveriesFamily, .write_buffer_bytes = 1 << 20},
  };
}

absl::Status Damaged(std::string_view what) {
  return Refusal(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                 absl::StrCat("damaged bytes in ", absl::string_view(what.data(), what.size())));
}

void AppendRowHead(const RowHead& head, std::string& row) {
  row += static_cast<char>(kFirstRecordVersion);
  row += head.raw_sha256.empty() ? '\0' : kHasRawSha256;
  kv::AppendU64(row, head.ingest_id.high);
  kv::AppendU64(row, head.ingest_id.low);
  kv::AppendU64(row, head.content.high);
  kv::AppendU64(row, head.content.low);
  kv::AppendU64(row, static_cast<uint64_t>(head.processed_at_ns));
  row += head.raw_sha256;
}

size_t FinishRow(uint32_t version, int64_t processed_at_ns, char* row, size_t size) {
  row[0] = static_cast<char>(version);
  WriteU64(static_cast<uint64_t>(processed_at_ns), row + kProcessedAtOffset);
  if (version < kVersionWithCheck) return size;
  WriteU64(XXH3_64bits(row, size), row + size);
  return size + kRowCheckBytes;
}

absl::StatusOr<RowView> DecodeRow(std::string_view bytes) {
  if (bytes.empty()) return Damaged("rows");
  const auto version = static_cast<uint8_t>(bytes[0]);
  if (version < kFirstRecordVersion || version > kLastRecordVersion) return UnknownVersion(version);
  if (version >= kVersionWithCheck) {
    if (bytes.size() < kRowCheckBytes) return Damaged("rows");
    const uint64_t check = ReadU64(bytes, bytes.size() - kRowCheckBytes);
    bytes.remove_suffix(kRowCheckBytes);
    if (XXH3_64bits(bytes.data(), bytes.size()) != check) return Damaged("rows");
  }
  if (bytes.size() < kRowHeadBytes || (bytes[1] & ~kHasRawSha256) != 0) return Damaged("rows");
  RowView row;
  row.content = bytes.substr(1);
  row.head.ingest_id = {ReadU64(bytes, 2), ReadU64(bytes, 10)};
  row.head.content = {ReadU64(bytes, 18), ReadU64(bytes, 26)};
  row.head.processed_at_ns = static_cast<int64_t>(ReadU64(bytes, kProcessedAtOffset));
  row.order = bytes.substr(kRowHeadBytes);
  if (bytes[1] == kHasRawSha256) {
    if (row.order.size() < kSha256Bytes) return Damaged("rows");
    row.head.raw_sha256 = row.order.substr(0, kSha256Bytes);
    row.order.remove_prefix(kSha256Bytes);
  }
  return row;
}

void AppendIdentity(std::string_view partner_id, std::string_view external_order_id, std::string& key) {
  const size_t start = key.size();
  key.append(sizeof(uint64_t), '\0');
  key += partner_id;
  key += '\0';
  key += external_order_id;
  char* exact = key.data() + start + sizeof(uint64_t);
  const uint64_t hash = __builtin_bswap64(XXH3_64bits(exact, key.data() + key.size() - exact));
  std::memcpy(key.data() + start, &hash, sizeof(hash));
}

void AppendHolder(const Holder& holder, std::string& value) {
  kv::AppendU64(value, static_cast<uint64_t>(holder.position));
  kv::AppendU64(value, holder.content.high);
  kv::AppendU64(value, holder.content.low);
  kv::AppendU64(value, holder.ingest_low);
}

absl::StatusOr<Holder> DecodeHolder(std::string_view bytes) {
  if (bytes.size() != kHolderBytes) return Damaged("external_ids");
  return Holder{static_cast<int64_t>(ReadU64(bytes, 0)), {ReadU64(bytes, 8), ReadU64(bytes, 16)}, ReadU64(bytes, 24)};
}

void Totals::Add(uint64_t order_lines, const OrderSums& order_sums) {
  count += 1;
  lines += order_lines;
  sums.gross += order_sums.gross;
  sums.tax += order_sums.tax;
  sums.net += order_sums.net;
}

void Totals::Add(const Totals& other) {
  count += other.count;
  lines += other.lines;
  sums.gross += other.sums.gross;
  sums.tax += other.sums.tax;
  sums.net += other.sums.net;
}

void AppendTotals(const Totals& totals, std::string& value) {
  kv::AppendU64(value, totals.count);
  kv::AppendU64(value, totals.lines);
  AppendI128(value, totals.sums.gross);
  AppendI128(value, totals.sums.tax);
  AppendI128(value, totals.sums.net);
}

absl::StatusOr<Totals> DecodeTotals(std::string_view bytes) {
  if (bytes.size() != kTotalsBytes) return Damaged("counters");
  return Totals{ReadU64(bytes, 0), ReadU64(bytes, 8), {ReadI128(bytes, 16), ReadI128(bytes, 32), ReadI128(bytes, 48)}};
}

std::string TotalsKey(std::string_view partner_id, std::string_view currency) {
  std::string key(1, kTotalsPrefix);
  key += partner_id;
  key += '\0';
  key += currency;
  return key;
}

std::string HourKey(uint32_t hour, std::string_view partner_id, std::string_view currency) {
  std::string key(1, kHourPrefix);
  kv::AppendU32(key, hour);
  key += partner_id;
  key += '\0';
  key += currency;
  return key;
}

absl::StatusOr<CounterKey> DecodeCounterKey(std::string_view key) {
  CounterKey result;
  if (key.empty() || (key[0] != kTotalsPrefix && key[0] != kHourPrefix)) return Damaged("counters");
  std::string_view rest = key.substr(1);
  if (key[0] == kHourPrefix) {
    result.hour = kv::DecodeU32(rest.substr(0, 4));
    if (!result.hour.has_value()) return Damaged("counters");
    rest.remove_prefix(4);
  }
  const size_t end = rest.find('\0');
  if (end == std::string_view::npos) return Damaged("counters");
  result.partner_id = rest.substr(0, end);
  result.currency = rest.substr(end + 1);
  return result;
}

}  // namespace ordermesh::order_store
