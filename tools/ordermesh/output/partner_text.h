// Partners, their configs and keys as texts for people.
#pragma once

#include <string>

#include "ordermesh/partners/v1/partners_service.pb.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {

// "10,000/s, burst 5,000"; empty where the limit is not set.
std::string LimitText(const partners::v1::RateLimit& limit);

Table PartnerTable();
void AddPartner(const partners::v1::Partner& partner, Table& table);
std::string PartnerSheet(const partners::v1::Partner& partner);

Table ConfigTable();
void AddConfig(const partners::v1::ConfigVersion& version, Table& table);
// Without the files' content.
std::string ConfigSheet(const partners::v1::ConfigVersion& version);

// What a key is worth at a time: "live", "expired" or "revoked".
std::string KeyState(const partners::v1::ApiKey& key, absl::Time now);
std::string KeyTable(const partners::v1::ListApiKeysResponse& keys, absl::Time now);
std::string KeySheet(const partners::v1::ApiKey& key);

}  // namespace ordermesh::cli
