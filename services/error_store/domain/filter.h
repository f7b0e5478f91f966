// What a list shows: the filters of ListErrors, checked.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "ordermesh/error/v1/repair_service.pb.h"
#include "services/error_store/domain/intake.h"

namespace ordermesh::error_store {

// Empty means: does not filter.
struct ErrorFilter {
  std::string partner_id;
  std::optional<ViolationCode> code;
  std::optional<ErrorMessage::Status> status;
  std::optional<google::protobuf::Timestamp> from;
  std::optional<google::protobuf::Timestamp> to;
  // Of the violation with `code`.
  std::string field;
  std::string assignee;
  std::string tag;
  // In the original payload.
  std::string text;
  // Of an order that the error conflicts with or has become.
  std::string order_id;
  // Only what somebody still has to decide on: OPEN and IN_REVIEW.
  bool undecided = false;

  // Whether it names what no error can have: a malformed partner or order.
  bool IsVoid() const;
  // Whether the error has the assignee and the tag, was received in time and is undecided: what is not in an index.
  bool Matches(const ErrorMessage& error) const;
  // Whether it looks at received_time.
  bool HasTime() const { return from.has_value() || to.has_value(); }
  // Whether received_time lies in [from, to).
  bool MatchesTime(const google::protobuf::Timestamp& received_time) const;
  // Whether an error received within these seconds, both included, could match.
  bool MayMatchSeconds(int64_t first_second, int64_t last_second) const;
  // The same text for the same filter and no other: binds a page token to it.
  std::string ToText() const;
};

// INVALID_ARGUMENT where a time is no time, or `from` is not before `to`. A code, status, partner or order that is
// unknown matches nothing.
absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ListErrorsRequest& request);
// As above: what an export writes.
absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ExportErrorsRequest& request);
// As above: what a job takes.
absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ErrorFilter& request);

}  // namespace ordermesh::error_store
