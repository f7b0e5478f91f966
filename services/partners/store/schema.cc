#include "services/partners/store/schema.h"

#include "services/partners/domain/errors.h"

namespace ordermesh::partners {
namespace {

constexpr char kVersion = 1;
constexpr size_t kConfigHeaderBytes = 3;
constexpr size_t kHmacBytes = 32;
constexpr size_t kMaxRoundingBytes = 255;

std::string EncodeMessage(const google::protobuf::MessageLite& message) {
  std::string bytes(1, kVersion);
  message.AppendToString(&bytes);
  return bytes;
}

bool DecodeMessage(std::string_view bytes, google::protobuf::MessageLite& message) {
  return !bytes.empty() && bytes[0] == kVersion &&
         message.ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1));
}

}  // namespace

std::vector<kv::FamilyOptions> Families() {
  std::vector<kv::FamilyOptions> families(kMeta + 1);
  families[kPartners].name = "partners_v1";
  families[kConfigs].name = "configs_v1";
  families[kConfigFiles] = {.name = "config_files_v1", .large_values = true};
  families[kKeys].name = "keys_v1";
  families[kKeyUses].name = "key_uses_v1";
  families[kMeta].name = "meta_v1";
  return families;
}

std::string EncodePartner(const v1::Partner& partner) { return EncodeMessage(partner); }

absl::StatusOr<v1::Partner> DecodePartner(std::string_view bytes) {
  v1::Partner partner;
  if (!DecodeMessage(bytes, partner) || partner.partner_id().empty()) return BadRecord("partner");
  return partner;
}

std::string EncodeConfig(const StoredConfig& stored) {
  v1::ConfigVersion config = stored.config;
  config.clear_files();
  config.clear_live();
  const std::string rounding = stored.rounding.substr(0, kMaxRoundingBytes);
  std::string bytes = {kVersion, static_cast<char>(stored.numbered), static_cast<char>(rounding.size())};
  bytes += rounding;
  config.AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<StoredConfig> DecodeConfig(std::string_view bytes) {
  if (bytes.size() < kConfigHeaderBytes || bytes[0] != kVersion) return BadRecord("config");
  StoredConfig stored;
  stored.numbered = bytes[1] != 0;
  const size_t rounding_size = static_cast<unsigned char>(bytes[2]);
  bytes.remove_prefix(kConfigHeaderBytes);
  if (rounding_size > bytes.size()) return BadRecord("config");
  stored.rounding = bytes.substr(0, rounding_size);
  bytes.remove_prefix(rounding_size);
  const bool parsed = stored.config.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed || stored.config.version() <= 0) return BadRecord("config");
  return stored;
}

std::string EncodeConfigFiles(const v1::ConfigVersion& config) {
  v1::ConfigVersion files;
  *files.mutable_files() = config.files();
  return EncodeMessage(files);
}

absl::Status DecodeConfigFiles(std::string_view bytes, v1::ConfigVersion& config) {
  v1::ConfigVersion files;
  if (!DecodeMessage(bytes, files) || files.files().empty()) return BadRecord("config files");
  config.mutable_files()->Swap(files.mutable_files());
  return absl::OkStatus();
}

std::string EncodeKey(const v1::KeyRecord& key) { return EncodeMessage(key); }

absl::StatusOr<v1::KeyRecord> DecodeKey(std::string_view bytes) {
  v1::KeyRecord key;
  if (!DecodeMessage(bytes, key) || key.hmac().size() != kHmacBytes || key.api_key().key_id().empty()) {
    return BadRecord("key");
  }
  return key;
}

std::string EncodeUse(absl::Time last_used) {
  return kv::EncodeU64(static_cast<uint64_t>(absl::ToUnixMicros(last_used)));
}

absl::StatusOr<absl::Time> DecodeUse(std::string_view bytes) {
  const auto micros = kv::DecodeU64(bytes);
  if (!micros.has_value()) return BadRecord("key use");
  return absl::FromUnixMicros(static_cast<int64_t>(*micros));
}

absl::StatusOr<int64_t> DecodeChange(std::string_view bytes) {
  const auto change = kv::DecodeU64(bytes);
  if (!change.has_value() || static_cast<int64_t>(*change) <= 0) return BadRecord("change");
  return static_cast<int64_t>(*change);
}

std::string PrefixOf(std::string_view partner_id) {
  std::string key(partner_id);
  key += '\0';
  return key;
}

std::string ConfigKey(std::string_view partner_id, int32_t version) {
  std::string key = PrefixOf(partner_id);
  kv::AppendU32(key, static_cast<uint32_t>(version));
  return key;
}

std::string KeyKey(std::string_view partner_id, std::string_view key_id) {
  std::string key = PrefixOf(partner_id);
  key += key_id;
  return key;
}

}  // namespace ordermesh::partners
