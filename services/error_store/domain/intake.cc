#include "services/error_store/domain/intake.h"

#include <algorithm>
#include <limits>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/trace_context.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;
using ordermesh::error::v1::ErrorCommit;

constexpr size_t kSha256Bytes = 32;
// The last second of the year 9999: the largest that a Timestamp may hold.
constexpr int64_t kMaxSecond = 253'402'300'799;
constexpr int32_t kMaxNanos = 999'999'999;

bool IsKind(OrderVerdict::Verdict kind) {
  return kind == OrderVerdict::REJECTED || kind == OrderVerdict::CONFLICT || kind == OrderVerdict::SEQUENCE_REUSED;
}

bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() <= kMaxSecond && time.nanos() >= 0 && time.nanos() <= kMaxNanos;
}

// Cuts at a character boundary, so that what is left is UTF-8.
void Cut(size_t limit, std::string& text) {
  if (text.size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  text.resize(limit);
}

void CutTexts(ErrorMessage& error) {
  Cut(kMaxTextBytes, *error.mutable_external_order_id());
  auto& violations = *error.mutable_violations();
  if (violations.size() > kMaxViolations) violations.DeleteSubrange(kMaxViolations, violations.size() - kMaxViolations);
  for (auto& violation : violations) {
    std::string& field = *violation.mutable_field();
    Cut(kMaxFieldBytes, field);
    // It ends with a NUL where it is part of a key (store/schema.h).
    std::replace(field.begin(), field.end(), '\0', ' ');
    Cut(kMaxMessageBytes, *violation.mutable_message());
    Cut(kMaxViolationValueBytes, *violation.mutable_value());
  }
}

absl::Status CheckIdentity(const ErrorCommit& commit) {
  if (commit.payload_sha256().size() != kSha256Bytes) return InvalidCommit("payload_sha256", "must have 32 bytes");
  if (!commit.has_error()) return InvalidCommit("error", "is missing");
  if (!IsPartnerId(commit.error().partner_id())) {
    return InvalidCommit("error.partner_id", "must be 1 to 64 lower-case letters, digits and dashes");
  }
  if (!IsKind(commit.error().kind())) {
    return InvalidCommit("error.kind", "must be REJECTED, CONFLICT or SEQUENCE_REUSED");
  }
  if (commit.ttl_days() < 0 || commit.ttl_days() > kMaxTtlDays) return InvalidCommit("ttl_days", "must be 0 to 3,650");
  return absl::OkStatus();
}

absl::Status CheckPayload(const ErrorCommit& commit) {
  const std::string& raw = commit.error().raw_payload();
  if (raw.size() > kMaxOrderBytes) return InvalidCommit("error.raw_payload", "must have at most 1 MiB");
  // The id is made of this hash: a wrong one would give the same payload two errors.
  if (!raw.empty() && Sha256(raw) != commit.payload_sha256()) {
    return InvalidCommit("payload_sha256", "must be the SHA-256 of raw_payload");
  }
  if (commit.error().has_order() && commit.error().order().ByteSizeLong() > kMaxCanonicalOrderBytes) {
    return InvalidCommit("error.order", "must have at most 2 MiB");
  }
  return absl::OkStatus();
}

// Makes sure that there is a received time.
absl::Status SettleReceivedTime(ErrorMessage& error) {
  const auto ingest_id = Uuid::Parse(error.ingest_id());
  if (!ingest_id.has_value()) return InvalidCommit("error.ingest_id", "must be a UUID in lower case");
  if (!error.has_received_time()) {
    *error.mutable_received_time() = ToTimestamp(absl::FromUnixMillis(UnixMsOf(*ingest_id)));
  }
  if (!IsTime(error.received_time())) return InvalidCommit("error.received_time", "must lie in the years 1970 to 9999");
  return absl::OkStatus();
}

}  // namespace

bool IsPartnerId(std::string_view id) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !id.empty() && id.size() <= kMaxPartnerIdBytes && std::all_of(id.begin(), id.end(), allowed);
}

size_t Intake::Weight() const { return raw_payload.size() + canonical_order.size() + kErrorOverheadBytes; }

absl::StatusOr<Intake> TakeIn(ErrorCommit&& commit) {
  OM_RETURN_IF_ERROR(CheckIdentity(commit));
  OM_RETURN_IF_ERROR(CheckPayload(commit));
  Intake intake;
  if (commit.ttl_days() > 0) intake.ttl = absl::Hours(24) * commit.ttl_days();
  intake.payload_sha256 = std::move(*commit.mutable_payload_sha256());
  intake.error.Swap(commit.mutable_error());
  ErrorMessage& error = intake.error;
  OM_RETURN_IF_ERROR(SettleReceivedTime(error));
  intake.raw_payload = std::move(*error.mutable_raw_payload());
  error.clear_raw_payload();
  if (error.has_order()) {
    intake.canonical_order = error.order().SerializeAsString();
    error.clear_order();
  }
  CutTexts(error);
  intake.id = MakeErrorId(error.partner_id(), error.kind(), intake.payload_sha256);
  error.set_id(intake.id.ToString());
  error.set_payload_sha256(intake.payload_sha256);
  error.set_status(ErrorMessage::OPEN);
  error.set_trace_id(std::string(TraceIdOf(commit.traceparent())));
  return intake;
}

void Stamp(absl::Time now, absl::Duration ttl, ErrorMessage& error) {
  *error.mutable_create_time() = ToTimestamp(now);
  *error.mutable_update_time() = error.create_time();
  *error.mutable_expire_time() = ToTimestamp(now + ttl);
  error.set_ttl_days(std::max(kMinTtlDays, static_cast<int>(ttl / absl::Hours(24))));
  error.set_revision(1);
}

bool IsUndecided(ErrorMessage::Status status) {
  return status == ErrorMessage::OPEN || status == ErrorMessage::IN_REVIEW;
}

std::vector<ViolationCode> CodesOf(const ErrorMessage& error) {
  std::vector<ViolationCode> codes;
  for (const auto& violation : error.violations()) codes.push_back(violation.code());
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

std::vector<std::pair<ViolationCode, std::string>> CodeFieldsOf(const ErrorMessage& error) {
  std::vector<std::pair<ViolationCode, std::string>> pairs;
  for (const auto& violation : error.violations()) pairs.emplace_back(violation.code(), violation.field());
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

std::vector<Uuid> OrdersOf(const ErrorMessage& error) {
  std::vector<Uuid> orders;
  for (const std::string& text : {error.order_id(), error.resolved_order_id()}) {
    const auto id = Uuid::Parse(text);
    if (id.has_value() && std::find(orders.begin(), orders.end(), *id) == orders.end()) orders.push_back(*id);
  }
  return orders;
}

int64_t ReceivedSecond(const ErrorMessage& error) { return error.received_time().seconds(); }
int64_t ExpireSecond(const ErrorMessage& error) {
  return error.has_expire_time() ? error.expire_time().seconds() : kNever;
}
bool IsExpired(const ErrorMessage& error, absl::Time now) {
  return error.has_expire_time() && FromTimestamp(error.expire_time()) <= now;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace ordermesh::error_store
