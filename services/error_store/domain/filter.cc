#include "services/error_store/domain/filter.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

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

}  // namespace

bool ErrorFilter::MatchesTime(const Timestamp& received_time) const {
  return (!from.has_value() || !Before(received_time, *from)) && (!to.has_value() || Before(received_time, *to));
}

bool ErrorFilter::MayMatchSeconds(int64_t first_second, int64_t last_second) const {
  return (!from.has_value() || last_second >= from->seconds()) && (!to.has_value() || first_second <= to->seconds());
}

std::string ErrorFilter::ToText() const {
  return absl::StrCat(partner_id.size(), ":", partner_id, "|", code.has_value() ? *code : -1, "|",
                      status.has_value() ? *status : -1, "|", TimeText(from), "|", TimeText(to));
}

absl::StatusOr<ErrorFilter> FilterOf(const ordermesh::error::v1::ListErrorsRequest& request) {
  ErrorFilter filter;
  filter.partner_id = request.partner_id();
  if (request.code() != ordermesh::common::v1::Violation::CODE_UNSPECIFIED) filter.code = request.code();
  if (request.status() != ErrorMessage::STATUS_UNSPECIFIED) filter.status = request.status();
  if (request.has_from()) filter.from = request.from();
  if (request.has_to()) filter.to = request.to();
  if (filter.from.has_value() && !IsBound(*filter.from)) return InvalidField("from", "is not a time");
  if (filter.to.has_value() && !IsBound(*filter.to)) return InvalidField("to", "is not a time");
  if (filter.from.has_value() && filter.to.has_value() && !Before(*filter.from, *filter.to)) {
    return InvalidField("to", "must be after from");
  }
  return filter;
}

}  // namespace ordermesh::error_store
