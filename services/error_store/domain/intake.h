// What becomes of an error that is sent: it is refused, or taken apart into the record and its payload.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordermesh/error/v1/error.pb.h"
#include "ordermesh/error/v1/error_commit_service.pb.h"
#include "services/common/base/ids.h"

namespace ordermesh::error_store {

using ErrorMessage = ordermesh::error::v1::OrderError;
using ViolationCode = ordermesh::common::v1::Violation::Code;

// Whether it can be the id of a partner: 1 to 64 lower-case letters, digits and dashes.
bool IsPartnerId(std::string_view id);

// An error that passed the checks.
struct Intake {
  Uuid id;
  std::string payload_sha256;
  // Without payload and canonical order; id and status are set, the times of the store are not.
  ErrorMessage error;
  std::string raw_payload;
  // The canonical order, serialized; empty where none was sent.
  std::string canonical_order;
  // How long the partner wants it kept; nothing means the store's default.
  std::optional<absl::Duration> ttl;

  // What it weighs in the writer's queue.
  size_t Weight() const;
};

// Checks in this order: payload_sha256, error, partner_id, kind, ttl_days, raw_payload (size, then hash), order, times.
// The first that fails is named (INVALID_ARGUMENT). Texts for people are cut to their limits, violations to
// kMaxViolations. Where received_time is missing it is the time inside ingest_id.
absl::StatusOr<Intake> TakeIn(ordermesh::error::v1::ErrorCommit&& commit);

// Sets what the store says of a new error: its times and its first revision.
void Stamp(absl::Time now, absl::Duration ttl, ErrorMessage& error);

// Whether somebody still has to decide on it: OPEN and IN_REVIEW.
bool IsUndecided(ErrorMessage::Status status);

// The codes and the (code, field) pairs that an error has, each once, sorted: what it is listed and counted under.
std::vector<ViolationCode> CodesOf(const ErrorMessage& error);
std::vector<std::pair<ViolationCode, std::string>> CodeFieldsOf(const ErrorMessage& error);

// The orders that an error belongs to, each once: the one that it conflicts with and the one that it has become.
std::vector<Uuid> OrdersOf(const ErrorMessage& error);

// Whole seconds since 1970 of a time in the message.
int64_t ReceivedSecond(const ErrorMessage& error);
// kNever where it does not expire as it stands.
int64_t ExpireSecond(const ErrorMessage& error);
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// Whether it is to be swept.
bool IsExpired(const ErrorMessage& error, absl::Time now);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace ordermesh::error_store
