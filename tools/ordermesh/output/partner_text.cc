#include "tools/ordermesh/output/partner_text.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::cli {
namespace {

using partners::v1::ApiKey;
using partners::v1::ConfigVersion;
using partners::v1::Partner;
using partners::v1::RateLimit;

constexpr auto kRight = Table::Align::kRight;
constexpr size_t kMessageWidth = 60;

// "s", or "60s", "0.5s".
std::string PeriodText(const google::protobuf::Duration& period) {
  const absl::Duration length = absl::Seconds(period.seconds()) + absl::Nanoseconds(period.nanos());
  return length == absl::ZeroDuration() || length == absl::Seconds(1) ? "s" : absl::FormatDuration(length);
}

std::string NumberOrNothing(int64_t number) { return number == 0 ? "" : FormatCount(number); }

// A time that was never set.
std::string TimeOr(bool has, const google::protobuf::Timestamp& time, const char* otherwise) {
  return has ? FormatTime(time) : otherwise;
}

}  // namespace

std::string LimitText(const RateLimit& limit) {
  if (limit.amount() == 0) return "";
  return fmt::format("{}/{}, burst {}", FormatCount(limit.amount()), PeriodText(limit.period()),
                     FormatCount(limit.burst() == 0 ? limit.amount() : limit.burst()));
}

Table PartnerTable() {
  return Table({{"PARTNER"}, {"NAME"}, {"STATE"}, {"ORDERS"}, {"QUERIES"}, {"NUMBERED"}, {"CONFIG", kRight}});
}

void AddPartner(const Partner& partner, Table& table) {
  table.AddRow({partner.partner_id(), partner.name(), Partner::State_Name(partner.state()),
                LimitText(partner.order_limit()), LimitText(partner.query_limit()), partner.numbered() ? "yes" : "no",
                partner.config_version() == 0 ? "none" : std::to_string(partner.config_version())});
}

std::string PartnerSheet(const Partner& partner) {
  return Sheet(
      {{"partner", partner.partner_id()},
       {"name", partner.name()},
       {"state", Partner::State_Name(partner.state())},
       {"orders", LimitText(partner.order_limit())},
       {"queries for each key", LimitText(partner.query_limit())},
       {"webhooks", absl::StrJoin(partner.webhook_urls(), ", ")},
       {"errors are kept", partner.error_ttl_days() == 0 ? "" : fmt::format("{} days", partner.error_ttl_days())},
       {"numbers its orders", partner.numbered() ? "yes" : "no"},
       {"rounding", partner.rounding()},
       {"config version",
        partner.config_version() == 0 ? "none: orders are refused" : std::to_string(partner.config_version())},
       {"created", FormatTime(partner.create_time())},
       {"changed", FormatTime(partner.update_time())},
       {"etag", partner.etag()}});
}

Table ConfigTable() {
  return Table({{"VERSION", kRight}, {"LIVE"}, {"CREATED"}, {"AUTHOR"}, {"RESTORES", kRight}, {"MESSAGE"}});
}

void AddConfig(const ConfigVersion& version, Table& table) {
  table.AddRow({std::to_string(version.version()), version.live() ? "yes" : "", FormatTime(version.create_time()),
                version.author(), NumberOrNothing(version.restored_version()),
                Shorten(version.message(), kMessageWidth)});
}

std::string ConfigSheet(const ConfigVersion& version) {
  std::vector<std::string> files;
  for (const auto& file : version.files()) {
    files.push_back(
        fmt::format("{} ({} bytes)", file.path(), FormatCount(static_cast<int64_t>(file.content().size()))));
  }
  return Sheet({{"partner", version.partner_id()},
                {"version", version.version() == 0 ? "none: nothing was kept" : std::to_string(version.version())},
                {"live", version.live() ? "yes" : "no"},
                {"created", FormatTime(version.create_time())},
                {"author", version.author()},
                {"message", version.message()},
                {"restores version", NumberOrNothing(version.restored_version())},
                {"files", absl::StrJoin(files, ", ")}});
}

std::string KeyState(const ApiKey& key, absl::Time now) {
  if (key.has_revoke_time()) return "revoked";
  const bool expired = key.has_expire_time() && key.expire_time().seconds() <= absl::ToUnixSeconds(now);
  return expired ? "expired" : "live";
}

std::string KeyTable(const partners::v1::ListApiKeysResponse& keys, absl::Time now) {
  Table table({{"KEY ID"}, {"STATE"}, {"PREFIX"}, {"LABEL"}, {"CREATED"}, {"EXPIRES"}, {"LAST USED"}, {"AUTHOR"}});
  for (const ApiKey& key : keys.keys()) {
    table.AddRow({key.key_id(), KeyState(key, now), key.prefix(), key.label(), FormatTime(key.create_time()),
                  TimeOr(key.has_expire_time(), key.expire_time(), "never"),
                  TimeOr(key.has_last_used_time(), key.last_used_time(), "never"), key.author()});
  }
  return table.ToString();
}

std::string KeySheet(const ApiKey& key) {
  return Sheet({{"partner", key.partner_id()},
                {"key id", key.key_id()},
                {"prefix", key.prefix()},
                {"label", key.label()},
                {"created", FormatTime(key.create_time())},
                {"expires", TimeOr(key.has_expire_time(), key.expire_time(), "never")},
                {"revoked", TimeOr(key.has_revoke_time(), key.revoke_time(), "")},
                {"author", key.author()}});
}

}  // namespace ordermesh::cli
