#include "services/partners/service/leases.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/telemetry/metrics.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

struct LeaseMetrics {
  static LeaseMetrics& Get() {
    static auto* const metrics = new LeaseMetrics{
        telemetry::Counter("ordermesh_partners_leased_tokens_total", "Tokens leased.", {{"kind", "orders"}}),
        telemetry::Counter("ordermesh_partners_leased_tokens_total", "Tokens leased.", {{"kind", "queries"}}),
        telemetry::Counter("ordermesh_partners_short_leases_total", "Leases of fewer tokens than were wanted."),
        telemetry::Gauge("ordermesh_partners_buckets", "Token buckets in memory.")};
    return *metrics;
  }
  prometheus::Counter& orders;
  prometheus::Counter& queries;
  prometheus::Counter& refused;
  prometheus::Gauge& buckets;
};

absl::Status Check(const v1::LeaseTokensRequest& request) {
  if (request.holder().empty() || request.holder().size() > kMaxHolderBytes) {
    return InvalidField("holder", "must be 1 to 128 bytes long");
  }
  if (request.wants_size() > kMaxWants) return InvalidField("wants", "must be at most 1,000");
  for (int i = 0; i < request.wants_size(); ++i) {
    const v1::TokenWant& want = request.wants(i);
    if (want.wanted() < 0 || want.wanted() > kMaxWantedTokens) {
      return InvalidField(absl::StrCat("wants[", i, "].wanted"), "must be 0 to 1,000,000");
    }
    if (want.returned() < 0) return InvalidField(absl::StrCat("wants[", i, "].returned"), "must not be negative");
  }
  return absl::OkStatus();
}

// The limit that a want counts against; nothing for an unknown partner or key.
std::optional<Rate> RateOf(const PartnerStore& store, const v1::TokenWant& want) {
  const EntryPtr entry = store.Find(want.partner_id());
  if (entry == nullptr) return std::nullopt;
  if (want.key_id().empty()) return Rate::Of(entry->partner.order_limit());
  const absl::Time now = store.now();
  const bool live = std::any_of(entry->keys.begin(), entry->keys.end(), [&](const v1::KeyRecord& key) {
    return key.api_key().key_id() == want.key_id() && IsLive(key.api_key(), now);
  });
  if (!live) return std::nullopt;
  return Rate::Of(entry->partner.query_limit());
}

void ToProto(absl::Duration duration, google::protobuf::Duration* proto) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  proto->set_seconds(nanos / 1'000'000'000);
  proto->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

}  // namespace

Leases::Leases(const PartnerStore& store, std::function<absl::Duration()> monotonic)
    : store_(store), monotonic_(std::move(monotonic)) {}

absl::StatusOr<v1::LeaseTokensResponse> Leases::Lease(const v1::LeaseTokensRequest& request) {
  OM_RETURN_IF_ERROR(Check(request));
  v1::LeaseTokensResponse response;
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = monotonic_();
  for (const v1::TokenWant& want : request.wants()) {
    const Grant grant = LeaseOne(request.holder(), want, now);
    v1::TokenGrant* answer = response.add_grants();
    answer->set_granted(grant.granted);
    answer->set_holders(grant.holders);
    if (grant.granted < want.wanted()) ToProto(grant.retry_after, answer->mutable_retry_after());
  }
  return response;
}

Grant Leases::LeaseOne(const std::string& holder, const v1::TokenWant& want, absl::Duration now) {
  LeaseMetrics& metrics = LeaseMetrics::Get();
  const std::optional<Rate> rate = RateOf(store_, want);
  if (!rate.has_value()) return {.retry_after = kUnknownRetry};
  // No id of a partner has a slash.
  const std::string bucket = want.key_id().empty() ? want.partner_id() : want.partner_id() + "/" + want.key_id();
  const Grant grant = book_.Lease(
      {.bucket = bucket, .rate = *rate, .holder = holder, .wanted = want.wanted(), .returned = want.returned()}, now);
  (want.key_id().empty() ? metrics.orders : metrics.queries).Increment(static_cast<double>(grant.granted));
  if (grant.granted < want.wanted()) metrics.refused.Increment();
  return grant;
}

void Leases::Sweep() {
  absl::MutexLock lock(&mutex_);
  book_.Sweep(monotonic_());
  LeaseMetrics::Get().buckets.Set(static_cast<double>(book_.size()));
}

}  // namespace ordermesh::partners
