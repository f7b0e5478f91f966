#include "services/error_store/store/schema.h"

#include <algorithm>

#include "services/common/base/errors.h"
#include "services/common/kv/delivery_diary.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorEdit;

constexpr char kRowVersion = 1;
constexpr char kPayloadVersion = 1;
constexpr char kEditVersion = 1;
constexpr char kJobVersion = 1;
constexpr size_t kSha256Bytes = 32;
constexpr size_t kRowHeaderBytes = 1 + 8 + kSha256Bytes + 4;
constexpr size_t kPayloadHeaderBytes = 1 + 4;
constexpr size_t kZoneBytes = 4 + 8 + 8 + 8;

constexpr char kJobOfNumber = 'a';
constexpr char kJobOfId = 'b';

constexpr char kPartnerPosting = 'a';
constexpr char kCodePosting = 'b';
constexpr char kStatusPosting = 'c';
constexpr char kCodeFieldPosting = 'd';
constexpr char kOrderPosting = 'e';

bool ParseMessage(google::protobuf::MessageLite& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

int64_t Number(std::string_view bytes) { return static_cast<int64_t>(*kv::DecodeU64(bytes)); }

// What the first release left out.
void Complete(Row& row) {
  ErrorMessage& error = row.error;
  if (error.revision() > 0) return;
  error.set_revision(1);
  error.set_payload_sha256(row.payload_sha256);
  const int64_t kept = error.expire_time().seconds() - error.update_time().seconds();
  error.set_ttl_days(static_cast<int32_t>(std::clamp<int64_t>(kept / 86'400, kMinTtlDays, kMaxTtlDays)));
}

// kind partner 0 code field
std::string GroupKey(char kind, std::string_view partner_id, ViolationCode code, std::string_view field) {
  std::string key(1, kind);
  key += partner_id;
  key += '\0';
  kv::AppendU32(key, static_cast<uint32_t>(code));
  key += field;
  return key;
}

std::string Prefix(char kind, uint32_t value) {
  std::string key(1, kind);
  kv::AppendU32(key, value);
  return key;
}

}  // namespace

std::vector<kv::FamilyOptions> Families() {
  std::vector<kv::FamilyOptions> families(kDeliveries + 1);
  families[kRows].name = "rows_v1";
  families[kIds] = {.name = "ids_v1", .point_lookups = true};
  families[kPayloads] = {.name = "payloads_v1", .large_values = true};
  families[kPostings].name = "postings_v1";
  families[kZones].name = "zones_v1";
  families[kCounters].name = "counters_v1";
  families[kMeta].name = "meta_v1";
  families[kEdits] = {.name = "edits_v1", .large_values = true};
  families[kEvents].name = "events_v1";
  families[kEventIndex].name = "event_index_v1";
  families[kJobs].name = "jobs_v1";
  families[kDeliveries].name = kv::kDeliveriesFamily;
  return families;
}

std::string EncodeRow(const Row& row) {
  std::string bytes(1, kRowVersion);
  bytes.reserve(kRowHeaderBytes + row.error.ByteSizeLong());
  kv::AppendU64(bytes, static_cast<uint64_t>(row.origin));
  bytes += row.payload_sha256;
  kv::AppendU32(bytes, row.payload_size);
  row.error.AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<Row> DecodeRow(std::string_view bytes) {
  if (bytes.size() < kRowHeaderBytes || bytes[0] != kRowVersion) return BadRecord("row");
  Row row;
  row.origin = Number(bytes.substr(1, 8));
  row.payload_sha256 = bytes.substr(9, kSha256Bytes);
  row.payload_size = *kv::DecodeU32(bytes.substr(9 + kSha256Bytes, 4));
  if (row.origin <= 0 || !ParseMessage(row.error, bytes.substr(kRowHeaderBytes))) return BadRecord("row");
  Complete(row);
  return row;
}

std::string EncodePayload(std::string_view raw_payload, std::string_view canonical_order) {
  if (raw_payload.empty() && canonical_order.empty()) return "";
  std::string bytes(1, kPayloadVersion);
  bytes.reserve(kPayloadHeaderBytes + raw_payload.size() + canonical_order.size());
  kv::AppendU32(bytes, static_cast<uint32_t>(raw_payload.size()));
  bytes += raw_payload;
  bytes += canonical_order;
  return bytes;
}

absl::Status DecodePayload(std::string_view bytes, ErrorMessage& error) {
  if (bytes.size() < kPayloadHeaderBytes || bytes[0] != kPayloadVersion) return BadRecord("payload");
  const size_t raw_size = *kv::DecodeU32(bytes.substr(1, 4));
  bytes.remove_prefix(kPayloadHeaderBytes);
  if (raw_size > bytes.size()) return BadRecord("payload");
  error.set_raw_payload(bytes.data(), raw_size);
  bytes.remove_prefix(raw_size);
  if (!bytes.empty() && !ParseMessage(*error.mutable_order(), bytes)) return BadRecord("payload");
  return absl::OkStatus();
}

std::string EncodeEdit(const ErrorEdit& edit, std::string_view raw_payload, std::string_view canonical_order) {
  std::string bytes(1, kEditVersion);
  kv::AppendU32(bytes, static_cast<uint32_t>(edit.ByteSizeLong()));
  edit.AppendToString(&bytes);
  bytes += EncodePayload(raw_payload, canonical_order);
  return bytes;
}

absl::StatusOr<ErrorEdit> DecodeEdit(std::string_view bytes) {
  constexpr size_t kHeaderBytes = 1 + 4;
  if (bytes.size() < kHeaderBytes || bytes[0] != kEditVersion) return BadRecord("edit");
  const size_t edit_size = *kv::DecodeU32(bytes.substr(1, 4));
  bytes.remove_prefix(kHeaderBytes);
  ErrorEdit edit;
  if (edit_size > bytes.size() || !ParseMessage(edit, bytes.substr(0, edit_size))) return BadRecord("edit");
  ErrorMessage content;
  OM_RETURN_IF_ERROR(DecodePayload(bytes.substr(edit_size), content));
  MoveContent(content, edit);
  return edit;
}

std::string EncodeEventHead(const EventHead& head) { return PositionKey(head.number) + head.hash; }

absl::StatusOr<EventHead> DecodeEventHead(std::string_view bytes) {
  if (bytes.size() != 8 + kSha256Bytes) return BadRecord("event head");
  return EventHead{Number(bytes.substr(0, 8)), std::string(bytes.substr(8))};
}

std::string JobKey(int64_t number) { return std::string(1, kJobOfNumber) + PositionKey(number); }
std::string JobIdKey(const Uuid& id) { return std::string(1, kJobOfId) + IdKey(id); }
std::string RunningJobKey(int64_t number) { return std::string(kRunningJobs) + PositionKey(number); }
bool IsJobKey(std::string_view key) { return key.size() == 1 + 8 && key.front() == kJobOfNumber; }

std::string EncodeJob(const JobMessage& job) {
  std::string bytes(1, kJobVersion);
  job.AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<StoredJob> DecodeJob(std::string_view key, std::string_view bytes) {
  if (!IsJobKey(key) || bytes.empty() || bytes[0] != kJobVersion) return BadRecord("job");
  StoredJob stored{.number = Number(key.substr(1)), .job = {}};
  if (!ParseMessage(stored.job, bytes.substr(1))) return BadRecord("job");
  return stored;
}

std::string EditKey(int64_t origin, int number) {
  std::string key = PositionKey(origin);
  kv::AppendU32(key, static_cast<uint32_t>(number));
  return key;
}

std::string EventIndexKey(int64_t origin, int64_t number) { return PositionKey(origin) + PositionKey(number); }

std::string IdKey(const Uuid& id) {
  std::string key = kv::EncodeU64(id.high);
  kv::AppendU64(key, id.low);
  return key;
}

std::string PositionKey(int64_t position) { return kv::EncodeU64(static_cast<uint64_t>(position)); }

absl::StatusOr<int64_t> PositionOf(std::string_view bytes) {
  const auto position = kv::DecodeU64(bytes);
  if (!position.has_value() || static_cast<int64_t>(*position) <= 0) return BadRecord("position");
  return static_cast<int64_t>(*position);
}

std::string PartnerPostings(std::string_view partner_id) {
  std::string key(1, kPartnerPosting);
  key += partner_id;
  key += '\0';
  return key;
}

std::string CodePostings(ViolationCode code) { return Prefix(kCodePosting, static_cast<uint32_t>(code)); }

std::string StatusPostings(ErrorMessage::Status status) {
  return Prefix(kStatusPosting, static_cast<uint32_t>(status));
}

std::string CodeFieldPostings(ViolationCode code, std::string_view field) {
  std::string key = Prefix(kCodeFieldPosting, static_cast<uint32_t>(code));
  key += field;
  key += '\0';
  return key;
}

std::string OrderPostings(const Uuid& order_id) { return std::string(1, kOrderPosting) + IdKey(order_id); }

std::vector<std::string> PostingsOf(const ErrorMessage& error) {
  std::vector<std::string> prefixes = {PartnerPostings(error.partner_id()), StatusPostings(error.status())};
  for (const ViolationCode code : CodesOf(error)) prefixes.push_back(CodePostings(code));
  for (const auto& [code, field] : CodeFieldsOf(error)) prefixes.push_back(CodeFieldPostings(code, field));
  for (const Uuid& order_id : OrdersOf(error)) prefixes.push_back(OrderPostings(order_id));
  return prefixes;
}

void Zone::Add(const ErrorMessage& error) {
  const int64_t received = ReceivedSecond(error);
  const int64_t expires = ExpireSecond(error);
  received_first = count == 0 ? received : std::min(received_first, received);
  received_last = count == 0 ? received : std::max(received_last, received);
  expires_first = count == 0 ? expires : std::min(expires_first, expires);
  ++count;
}

void Zone::Join(const Zone& other) {
  if (other.count == 0) return;
  received_first = count == 0 ? other.received_first : std::min(received_first, other.received_first);
  received_last = count == 0 ? other.received_last : std::max(received_last, other.received_last);
  expires_first = count == 0 ? other.expires_first : std::min(expires_first, other.expires_first);
  count += other.count;
}

int64_t ZoneOf(int64_t position) { return position / kZonePositions; }
int64_t FirstPositionOf(int64_t zone) { return zone * kZonePositions; }
std::string ZoneKey(int64_t zone) { return kv::EncodeU64(static_cast<uint64_t>(zone)); }

std::string EncodeZone(const Zone& zone) {
  std::string bytes;
  bytes.reserve(kZoneBytes);
  kv::AppendU32(bytes, zone.count);
  for (const int64_t second : {zone.received_first, zone.received_last, zone.expires_first}) {
    kv::AppendU64(bytes, static_cast<uint64_t>(second));
  }
  return bytes;
}

absl::StatusOr<Zone> DecodeZone(std::string_view bytes) {
  if (bytes.size() != kZoneBytes) return BadRecord("zone");
  Zone zone;
  zone.count = *kv::DecodeU32(bytes.substr(0, 4));
  zone.received_first = Number(bytes.substr(4, 8));
  zone.received_last = Number(bytes.substr(12, 8));
  zone.expires_first = Number(bytes.substr(20, 8));
  if (zone.count == 0 || zone.count > kZonePositions) return BadRecord("zone");
  return zone;
}

std::string PartnerCounter(std::string_view partner_id) {
  std::string key(1, kPartnerCounters);
  key += partner_id;
  return key;
}

std::string CodeFieldCountersOf(std::string_view partner_id) {
  std::string key(1, kCodeFieldCounters);
  key += partner_id;
  key += '\0';
  return key;
}

std::string CodeFieldCounter(std::string_view partner_id, ViolationCode code, std::string_view field) {
  return GroupKey(kCodeFieldCounters, partner_id, code, field);
}

std::string OpenCounter(std::string_view partner_id, ViolationCode code, std::string_view field) {
  return GroupKey(kOpenCounters, partner_id, code, field);
}

std::string MinuteCountersOf(std::string_view partner_id, ViolationCode code, std::string_view field) {
  std::string key = GroupKey(kMinuteCounters, partner_id, code, field);
  key += '\0';
  return key;
}

std::string StatusCountersOf(std::string_view partner_id) {
  std::string key(1, kStatusCounters);
  key += partner_id;
  key += '\0';
  return key;
}

std::string StatusCounter(std::string_view partner_id, ErrorMessage::Status status) {
  std::string key = StatusCountersOf(partner_id);
  kv::AppendU32(key, static_cast<uint32_t>(status));
  return key;
}

std::vector<std::string> CountersOf(const ErrorMessage& error) {
  const std::string& partner = error.partner_id();
  std::vector<std::string> keys = {std::string(kTotalCounter), PartnerCounter(partner),
                                   StatusCounter(partner, error.status())};
  const bool is_open = IsUndecided(error.status());
  for (const auto& [code, field] : CodeFieldsOf(error)) {
    keys.push_back(CodeFieldCounter(partner, code, field));
    if (is_open) keys.push_back(OpenCounter(partner, code, field));
    keys.push_back(MinuteCountersOf(partner, code, field));
    kv::AppendU32(keys.back(), static_cast<uint32_t>(ReceivedSecond(error) / 60));
  }
  return keys;
}

absl::StatusOr<int64_t> DecodeCount(std::string_view bytes) {
  const auto count = kv::DecodeU64(bytes);
  if (!count.has_value() || static_cast<int64_t>(*count) <= 0) return BadRecord("counter");
  return static_cast<int64_t>(*count);
}

}  // namespace ordermesh::error_store
