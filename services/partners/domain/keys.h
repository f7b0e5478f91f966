// What is kept of a partner's API keys, and when one is live.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ordermesh/partners/v1/partner_sync_service.pb.h"
#include "ordermesh/partners/v1/partners_service.pb.h"

namespace ordermesh::partners {

// Truncated to microseconds.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

// Neither revoked nor expired.
bool IsLive(const v1::ApiKey& key, absl::Time now);

// INVALID_ARGUMENT where the label is no short text, or the key would be expired already.
absl::Status CheckNewKey(const v1::CreateApiKeyRequest& request, absl::Time now);

// The ids of the oldest dead ones of `keys` (oldest first) that must be forgotten before another is added.
std::vector<std::string> KeysToForget(const std::vector<v1::KeyRecord>& keys, absl::Time now);

}  // namespace ordermesh::partners
