#include "services/partners/service/config_manager.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"
#include "services/partners/domain/errors.h"

namespace ordermesh::partners {
namespace {

// How often a version is checked again because another became live meanwhile.
constexpr int kMaxAttempts = 3;

}  // namespace

void AddVersion(const Caller& caller, const NewVersion& version, const CheckedConfig& checked, Change& change) {
  v1::Partner& partner = *change.partner;
  partner.set_config_version(partner.config_version() + 1);
  partner.set_numbered(checked.numbered);
  partner.set_rounding(checked.rounding);
  StoredConfig& stored = change.config.emplace();
  stored.numbered = checked.numbered;
  stored.rounding = checked.rounding;
  stored.config.set_partner_id(partner.partner_id());
  stored.config.set_version(partner.config_version());
  *stored.config.mutable_files() = version.files;
  stored.config.set_author(caller.Author());
  stored.config.set_message(version.message);
  stored.config.set_restored_version(version.restored_version);
}

absl::StatusOr<v1::ConfigVersion> ConfigManager::Create(const Caller& caller,
                                                        const v1::CreateConfigVersionRequest& request) {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  NewVersion version{.partner_id = request.partner_id(),
                     .message = request.message(),
                     .base_version = request.base_version(),
                     .validate_only = request.validate_only()};
  OM_RETURN_IF_ERROR(CheckMessage(request.message(), /*required=*/true));
  OM_ASSIGN_OR_RETURN(version.files, TakeFiles(request.files()));
  if (request.base_version() < 0) return InvalidField("base_version", "must not be negative");
  return Make(caller, version);
}

absl::StatusOr<v1::ConfigVersion> ConfigManager::RollBack(const Caller& caller,
                                                          const v1::RollBackConfigRequest& request) {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  OM_RETURN_IF_ERROR(CheckMessage(request.message(), /*required=*/true));
  const EntryPtr entry = store_.Find(request.partner_id());
  if (entry == nullptr) return UnknownPartner();
  OM_ASSIGN_OR_RETURN(v1::ConfigVersion older, store_.ReadConfig(*entry, request.version()));
  NewVersion version{
      .partner_id = request.partner_id(), .message = request.message(), .restored_version = request.version()};
  version.files.Swap(older.mutable_files());
  return Make(caller, version);
}

absl::StatusOr<v1::ConfigVersion> ConfigManager::Make(const Caller& caller, const NewVersion& version) {
  int32_t live_version = 0;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const EntryPtr seen = store_.Find(version.partner_id);
    if (seen == nullptr) return UnknownPartner();
    live_version = seen->partner.config_version();
    if (version.base_version != 0 && version.base_version != live_version) {
      return ConfigChanged(version.base_version, live_version);
    }
    const ConfigFiles live_files = seen->config == nullptr ? ConfigFiles() : seen->config->files();
    if (!version.validate_only && SameFiles(live_files, version.files)) return *seen->config;
    OM_ASSIGN_OR_RETURN(const CheckedConfig checked, checker_.Check(version.partner_id, version.files, live_files));
    Change next{.partner = seen->partner};
    AddVersion(caller, version, checked, next);
    if (version.validate_only) {
      next.config->config.set_version(0);
      return std::move(next.config->config);
    }
    bool raced = false;
    const auto entry = store_.Apply(version.partner_id, [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
      raced = current->partner.config_version() != live_version;
      if (raced) return ConfigChanged(live_version, current->partner.config_version());
      Change change{.partner = current->partner};
      AddVersion(caller, version, checked, change);
      return change;
    });
    if (raced) continue;
    OM_RETURN_IF_ERROR(entry.status());
    LogChange(caller, version.restored_version == 0 ? "config made" : "config rolled back", version.partner_id,
              absl::StrCat((*entry)->config->version()));
    return *(*entry)->config;
  }
  return ConfigChanged(version.base_version, live_version);
}

absl::StatusOr<v1::ConfigVersion> ConfigManager::Get(const Caller& caller,
                                                     const v1::GetConfigVersionRequest& request) const {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  const EntryPtr entry = store_.Find(request.partner_id());
  if (entry == nullptr) return UnknownPartner();
  if (request.version() != 0) return store_.ReadConfig(*entry, request.version());
  if (entry->config == nullptr) return ConfigVersionNotFound();
  return *entry->config;
}

absl::StatusOr<v1::ListConfigVersionsResponse> ConfigManager::List(const Caller& caller,
                                                                   const v1::ListConfigVersionsRequest& request) const {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const int64_t before, DecodePageToken(request.page_token(), 0, request.partner_id()));
  const EntryPtr entry = store_.Find(request.partner_id());
  if (entry == nullptr) return UnknownPartner();
  OM_ASSIGN_OR_RETURN(auto versions, store_.ListConfigs(*entry, before, static_cast<size_t>(size)));
  v1::ListConfigVersionsResponse response;
  for (v1::ConfigVersion& version : versions) response.add_versions()->Swap(&version);
  const int32_t last = response.versions().empty() ? 0 : response.versions().rbegin()->version();
  if (last > 1) response.set_next_page_token(EncodePageToken(0, last, request.partner_id()));
  return response;
}

absl::StatusOr<v1::DiffConfigVersionsResponse> ConfigManager::Diff(const Caller& caller,
                                                                   const v1::DiffConfigVersionsRequest& request) const {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  const EntryPtr entry = store_.Find(request.partner_id());
  if (entry == nullptr) return UnknownPartner();
  OM_ASSIGN_OR_RETURN(const v1::ConfigVersion version, store_.ReadConfig(*entry, request.version()));
  v1::ConfigVersion base;
  // Before the first version there was nothing.
  const int32_t base_version = request.base_version() == 0 ? request.version() - 1 : request.base_version();
  if (base_version != 0) {
    OM_ASSIGN_OR_RETURN(base, store_.ReadConfig(*entry, base_version));
  }
  v1::DiffConfigVersionsResponse response;
  DiffFiles(base.files(), version.files(), &response);
  return response;
}

}  // namespace ordermesh::partners
