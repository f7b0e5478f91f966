#include "services/error_store/domain/filter.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using google::protobuf::Timestamp;

// Any time that a Timestamp may hold, years before 1970 included: they are valid bounds.
constexpr int64_t kMinSecond = -62'135'596'800;
constexpr int64_t kMaxSecond = 253'402'300'799;

bool Before(const Timestamp& a, const Timestamp& b) {
  return std::tuple(a.seconds(), a.nanos()) < std::tuple(b.seconds(), b.nanos());
}

bool IsBound(const Timestamp& time) {
  return time.seconds() >= kMinSecond && time.seconds() <= kMaxSecond && time.nanos() >= 0 &&
         time.nanos() <= 999'999'999;
}

std::string TimeText(const std::optional<Timestamp>& time) {
  return time.has_value() ? absl::StrCat(time->seconds(), ".", time->nanos()) : "";
}

// What lists and jobs filter by alike.
template <typename Request>
absl::StatusOr<ErrorFilter> Shared(const Request& request) {
  ErrorFilter filter;
  filter.partner_id = request.partner_id();
  if (request.code() != ordermesh::common::v1::Violation::CODE_UNSPECIFIED) filter.code = request.code();
  if (request.has_from()) filter.from = request.from();
  if (request.has_to()) filter.to = request.to();
  filter.field = request.field();
  filter.assignee = request.assignee();
  filter.tag = request.tag();
  filter.text = request.text();
  if (!filter.field.empty() && !filter.code.has_value()) return InvalidField("field", "needs a code");
  if (filter.text.size() > kMaxTextBytes) return InvalidField("text", "must have at most 256 bytes");
  if (filter.from.has_value() && !IsBound(*filter.from)) return InvalidField("from", "is not a time");
  if (filter.to.has_value() && !IsBound(*filter.to)) return InvalidField("to", "is not a time");
  if (filter.from.has_value() && filter.to.has_value() && !Before(*filter.from, *filter.to)) {
    return InvalidField("to", "must be after from");
  }
  return filter;
}

// What lists and exports filter by besides.
template <typename Request>
absl::StatusOr<ErrorFilter> WithStatusAndOrder(const Request& request) {
  OM_ASSIGN_OR_RETURN(ErrorFilter filter, Shared(request));
  filter.order_id = request.order_id();
  if (request.status() != ErrorMessage::STATUS_UNSPECIFIED) filter.status = request.status();
  return filter;
}

}  // namespace

bool ErrorFilter::IsVoid() const {
  return (!partner_id.empty() && !IsPartnerId(partner_id)) || (!order_id.empty() && !Uuid::Parse(order_id).has_value());
}

bool ErrorFilter::MatchesTime(const Timestamp& received_time) const {
  return (!from.has_value() || !Before(received_time, *from)) && (!to.has_value() || Before(received_time, *to));
}

bool ErrorFilter::Matches(const ErrorMessage& error) const {
  if (!MatchesTime(error.received_time())) return false;
  if (undecided && !IsUndecided(error.status())) return false;
  if (!assignee.empty() && error.assignee() != assignee) return false;
  return tag.empty() || std::find(error.tags().begin(), error.tags().end(), tag) != error.tags().end();
}

bool ErrorFilter::MayMatchSeconds(int64_t first_second, int64_t last_second) const {
  return (!from.has_value() || last_second >= from->seconds()) && (!to.has_value() || first_second <= to->seconds());
}

std::string ErrorFilter::ToText() const {
  // Without an order it is the text that releases before have bound their tokens to, which starts with a digit.
  const std::string order = order_id.empty() ? "" : absl::StrCat("order ", order_id.size(), ":", order_id, "|");
  return absl::StrCat(order, partner_id.size(), ":", partner_id, "|", code.has_value() ? *code : -1, "|",
                      status.has_value() ? *status : -1, "|", TimeText(from), "|", TimeText(to), "|", field.size(), ":",
                      field, "|", assignee.size(), ":", assignee, "|", tag, "|", text);
}

absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ListErrorsRequest& request) {
  return WithStatusAndOrder(request);
}

absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ExportErrorsRequest& request) {
  return WithStatusAndOrder(request);
}

absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ErrorFilter& request) {
  OM_ASSIGN_OR_RETURN(ErrorFilter filter, Shared(request));
  filter.undecided = true;
  return filter;
}

}  // namespace ordermesh::error_store
