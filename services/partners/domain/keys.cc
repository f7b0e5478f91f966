#include "services/partners/domain/keys.h"

#include "services/common/base/errors.h"
#include "services/partners/domain/limits.h"
#include "services/partners/domain/settings.h"

namespace ordermesh::partners {
namespace {

// The last second that a Timestamp may hold.
constexpr int64_t kMaxSecond = 253'402'300'799;

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(micros / 1'000'000);
  timestamp.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

bool IsLive(const v1::ApiKey& key, absl::Time now) {
  return !key.has_revoke_time() && (!key.has_expire_time() || FromTimestamp(key.expire_time()) > now);
}

absl::Status CheckNewKey(const v1::CreateApiKeyRequest& request, absl::Time now) {
  OM_RETURN_IF_ERROR(CheckText("label", request.label(), kMaxLabelBytes));
  if (!request.has_expire_time()) return absl::OkStatus();
  const auto& expires = request.expire_time();
  if (expires.seconds() > kMaxSecond || expires.nanos() < 0 || expires.nanos() > 999'999'999) {
    return InvalidField("expire_time", "must be a time before the year 10000");
  }
  return FromTimestamp(expires) > now ? absl::OkStatus() : InvalidField("expire_time", "has passed");
}

std::vector<std::string> KeysToForget(const std::vector<v1::KeyRecord>& keys, absl::Time now) {
  std::vector<std::string> ids;
  for (const v1::KeyRecord& key : keys) {
    if (keys.size() - ids.size() < kMaxKeptKeys) break;
    if (!IsLive(key.api_key(), now)) ids.push_back(key.api_key().key_id());
  }
  return ids;
}

}  // namespace ordermesh::partners
