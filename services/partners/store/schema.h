// What the partners service keeps on disk. Numbers and names that reach disk are never reused; a new format is a new
// family name or a new version byte. All numbers are big-endian, so that keys sort as numbers do.
//
//   partners_v1      key = partner                       value = version:1 partner:Partner
//   configs_v1       key = partner 0 number:u32          value = version:1 numbered:1 rounding_size:1 rounding
//                                                                config:ConfigVersion          (without files)
//   config_files_v1  key = partner 0 number:u32          value = version:1 config:ConfigVersion (nothing but files)
//   keys_v1          key = partner 0 key_id              value = version:1 key:KeyRecord
//   key_uses_v1      key = partner 0 key_id              value = last_used:u64                 (us since 1970)
//   meta_v1          key = "change"                      value = change:u64                    (the last that was
//   written)
//
// `partner` is the id, `number` the config's version. A key's record holds its HMAC, never the key. Uses are written
// apart from keys, unsynced and at most once a minute; everything else is one synced batch a change, which raises
// `change`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordermesh/partners/v1/partner_sync_service.pb.h"
#include "services/common/kv/kv.h"

namespace ordermesh::partners {

// The place of each family in Families().
enum PartnerFamily : kv::Family { kPartners, kConfigs, kConfigFiles, kKeys, kKeyUses, kMeta };
std::vector<kv::FamilyOptions> Families();

inline constexpr std::string_view kChangeKey = "change";

// A version of a config, and what its check said of it.
struct StoredConfig {
  v1::ConfigVersion config;
  bool numbered = false;
  std::string rounding;
};

// Each decoder gives DATA_LOSS for bytes that its encoder does not give.
std::string EncodePartner(const v1::Partner& partner);
absl::StatusOr<v1::Partner> DecodePartner(std::string_view bytes);

// Leaves the files out.
std::string EncodeConfig(const StoredConfig& stored);
absl::StatusOr<StoredConfig> DecodeConfig(std::string_view bytes);

std::string EncodeConfigFiles(const v1::ConfigVersion& config);
// Sets the files of `config`.
absl::Status DecodeConfigFiles(std::string_view bytes, v1::ConfigVersion& config);

std::string EncodeKey(const v1::KeyRecord& key);
absl::StatusOr<v1::KeyRecord> DecodeKey(std::string_view bytes);

std::string EncodeUse(absl::Time last_used);
absl::StatusOr<absl::Time> DecodeUse(std::string_view bytes);

absl::StatusOr<int64_t> DecodeChange(std::string_view bytes);

// What all keys of a partner start with in the families of configs, keys and uses.
std::string PrefixOf(std::string_view partner_id);
std::string ConfigKey(std::string_view partner_id, int32_t version);
std::string KeyKey(std::string_view partner_id, std::string_view key_id);

}  // namespace ordermesh::partners
