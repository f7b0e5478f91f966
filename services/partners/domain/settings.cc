#include "services/partners/domain/settings.h"

#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/limits.h"
#include "services/partners/domain/webhook_url.h"

namespace ordermesh::partners {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::util::FieldMaskUtil;

constexpr std::string_view kFields[] = {"name", "order_limit", "query_limit", "webhook_urls", "error_ttl_days"};
constexpr std::string_view kParts[] = {"order_limit.amount", "order_limit.period", "order_limit.burst",
                                       "query_limit.amount", "query_limit.period", "query_limit.burst"};
constexpr std::string_view kPassedOver[] = {"partner_id", "etag"};

template <size_t N>
bool IsIn(const std::string_view (&values)[N], std::string_view value) {
  return std::find(std::begin(values), std::end(values), value) != std::end(values);
}

absl::Status CheckPeriod(const std::string& field, const google::protobuf::Duration& period) {
  const absl::Duration length = absl::Seconds(period.seconds()) + absl::Nanoseconds(period.nanos());
  const bool valid = period.nanos() >= 0 && period.nanos() <= 999'999'999;
  if (valid && length >= kMinRatePeriod && length <= kMaxRatePeriod) return absl::OkStatus();
  return InvalidField(field, "must be 1 ms to 1 day");
}

absl::Status CheckLimit(const std::string& field, const v1::RateLimit& limit) {
  if (limit.amount() < 1 || limit.amount() > kMaxRate) {
    return InvalidField(field + ".amount", "must be 1 to 1,000,000,000");
  }
  if (limit.has_period()) OM_RETURN_IF_ERROR(CheckPeriod(field + ".period", limit.period()));
  if (limit.burst() < 0 || limit.burst() > kMaxRate) {
    return InvalidField(field + ".burst", "must be 1 to 1,000,000,000, or 0 for the amount");
  }
  return absl::OkStatus();
}

absl::Status CheckWebhooks(const v1::Partner& partner) {
  if (partner.webhook_urls_size() > kMaxWebhookUrls) {
    return InvalidField("partner.webhook_urls", "must be at most 10");
  }
  std::set<std::string> seen;
  for (int i = 0; i < partner.webhook_urls_size(); ++i) {
    const std::string field = absl::StrCat("partner.webhook_urls[", i, "]");
    OM_RETURN_IF_ERROR(CheckWebhookUrl(field, partner.webhook_urls(i)));
    if (!seen.insert(partner.webhook_urls(i)).second) return InvalidField(field, "is listed twice");
  }
  return absl::OkStatus();
}

absl::Status CheckSettings(const v1::Partner& partner) {
  OM_RETURN_IF_ERROR(CheckText("partner.name", partner.name(), kMaxNameBytes));
  OM_RETURN_IF_ERROR(CheckLimit("partner.order_limit", partner.order_limit()));
  OM_RETURN_IF_ERROR(CheckLimit("partner.query_limit", partner.query_limit()));
  OM_RETURN_IF_ERROR(CheckWebhooks(partner));
  if (partner.error_ttl_days() < 0 || partner.error_ttl_days() > kMaxErrorTtlDays) {
    return InvalidField("partner.error_ttl_days", "must be 1 to 3,650, or 0 for 90");
  }
  return absl::OkStatus();
}

void FillDefaults(v1::Partner& partner) {
  if (!partner.has_order_limit()) {
    partner.mutable_order_limit()->set_amount(kDefaultOrderRate);
    partner.mutable_order_limit()->set_burst(kDefaultOrderBurst);
  }
  if (!partner.has_query_limit()) {
    partner.mutable_query_limit()->set_amount(kDefaultQueryRate);
    partner.mutable_query_limit()->set_burst(kDefaultQueryRate);
  }
}

// The mask to use, without what is passed over.
absl::StatusOr<FieldMask> MaskOf(const v1::UpdatePartnerRequest& request) {
  FieldMask mask;
  for (const std::string& given : request.update_mask().paths()) {
    // Over REST a mask comes in the query as it is written in JSON: queryLimit.
    FieldMask snake;
    const bool camel = google::protobuf::util::FieldMaskUtil::FromJsonString(given, &snake) && snake.paths_size() == 1;
    const std::string path = camel ? snake.paths(0) : given;
    if (IsIn(kPassedOver, path)) continue;
    if (!IsIn(kFields, path) && !IsIn(kParts, path)) {
      return InvalidField("update_mask", absl::StrCat("\"", path, "\" is no field that can be changed"));
    }
    mask.add_paths(path);
  }
  if (request.update_mask().paths_size() > 0) return mask;
  const v1::Partner& asked = request.partner();
  if (!asked.name().empty()) mask.add_paths("name");
  if (asked.has_order_limit()) mask.add_paths("order_limit");
  if (asked.has_query_limit()) mask.add_paths("query_limit");
  if (asked.webhook_urls_size() > 0) mask.add_paths("webhook_urls");
  if (asked.error_ttl_days() != 0) mask.add_paths("error_ttl_days");
  return mask;
}

}  // namespace

bool IsPartnerId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxPartnerIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

absl::Status CheckText(std::string_view field, std::string_view text, size_t max_bytes, bool several_lines) {
  if (text.size() > max_bytes) return InvalidField(field, absl::StrCat("must be at most ", max_bytes, " bytes long"));
  const auto control = [several_lines](char c) {
    if (several_lines && (c == '\n' || c == '\t')) return false;
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
  };
  if (std::any_of(text.begin(), text.end(), control)) return InvalidField(field, "must have no control characters");
  return absl::OkStatus();
}

absl::StatusOr<v1::Partner> NewPartner(const v1::Partner& asked) {
  if (!IsPartnerId(asked.partner_id())) {
    return InvalidField("partner.partner_id", "must be 1 to 64 lower-case letters, digits and dashes");
  }
  v1::Partner partner;
  partner.set_partner_id(asked.partner_id());
  partner.set_name(asked.name());
  if (asked.has_order_limit()) *partner.mutable_order_limit() = asked.order_limit();
  if (asked.has_query_limit()) *partner.mutable_query_limit() = asked.query_limit();
  *partner.mutable_webhook_urls() = asked.webhook_urls();
  partner.set_error_ttl_days(asked.error_ttl_days());
  partner.set_state(v1::Partner::ACTIVE);
  FillDefaults(partner);
  OM_RETURN_IF_ERROR(CheckSettings(partner));
  return partner;
}

absl::StatusOr<v1::Partner> UpdatedPartner(const v1::Partner& stored, const v1::UpdatePartnerRequest& request) {
  OM_ASSIGN_OR_RETURN(const FieldMask mask, MaskOf(request));
  if (!request.partner().etag().empty() && request.partner().etag() != stored.etag()) return EtagMismatch();
  v1::Partner updated = stored;
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(request.partner(), mask, options, &updated);
  FillDefaults(updated);
  OM_RETURN_IF_ERROR(CheckSettings(updated));
  return updated;
}

}  // namespace ordermesh::partners
