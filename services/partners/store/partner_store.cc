#include "services/partners/store/partner_store.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/telemetry/log.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"
#include "services/partners/store/store_metrics.h"

namespace ordermesh::partners {
namespace {

constexpr size_t kEtagBytes = 8;
// What the clocks of two machines may differ by.
constexpr absl::Duration kClockDifference = absl::Minutes(1);

// Another one for each change of each partner.
std::string MakeEtag(const std::string& partner_id, int64_t change) {
  return absl::BytesToHexString(Sha256(absl::StrCat(partner_id, ":", change)).substr(0, kEtagBytes));
}

void PutKey(std::vector<v1::KeyRecord>& keys, const v1::KeyRecord& key) {
  for (v1::KeyRecord& known : keys) {
    if (known.api_key().key_id() == key.api_key().key_id()) {
      known = key;
      return;
    }
  }
  keys.push_back(key);
}

void DropKey(std::vector<v1::KeyRecord>& keys, const std::string& key_id) {
  std::erase_if(keys, [&key_id](const v1::KeyRecord& key) { return key.api_key().key_id() == key_id; });
}

std::shared_ptr<PartnerEntry> Applied(const PartnerEntry* current, const Change& change) {
  auto entry = current == nullptr ? std::make_shared<PartnerEntry>() : std::make_shared<PartnerEntry>(*current);
  if (change.partner.has_value()) entry->partner = *change.partner;
  if (change.config.has_value()) {
    auto config = std::make_shared<v1::ConfigVersion>(change.config->config);
    config->set_live(true);
    entry->config = std::move(config);
  }
  for (const std::string& key_id : change.forgotten_keys) DropKey(entry->keys, key_id);
  if (change.key.has_value()) PutKey(entry->keys, *change.key);
  return entry;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PartnerStore>> PartnerStore::Open(std::unique_ptr<kv::Kv> kv,
                                                                 std::unique_ptr<kv::AckMark> mark,
                                                                 StoreOptions options) {
  auto store = std::unique_ptr<PartnerStore>(new PartnerStore(std::move(kv), std::move(mark), std::move(options)));
  OM_RETURN_IF_ERROR(store->Load());
  return store;
}

absl::Status PartnerStore::Load() {
  absl::MutexLock writing(&write_mutex_);
  OM_ASSIGN_OR_RETURN(const auto stored, kv_->Get(kMeta, kChangeKey));
  if (stored.has_value()) {
    OM_ASSIGN_OR_RETURN(last_written_, DecodeChange(*stored));
  }
  if (last_written_ < mark_->position()) return LostTail(last_written_, mark_->position());
  std::map<std::string, std::shared_ptr<PartnerEntry>> entries;
  const auto it = kv_->NewIterator(kPartners);
  for (it->Seek(""); it->Valid(); it->Next()) {
    auto entry = std::make_shared<PartnerEntry>();
    OM_ASSIGN_OR_RETURN(entry->partner, DecodePartner(it->value()));
    if (entry->partner.partner_id() != it->key()) return BadRecord("partner");
    OM_RETURN_IF_ERROR(LoadLiveConfig(*entry));
    entries.emplace(it->key(), std::move(entry));
  }
  OM_RETURN_IF_ERROR(it->status());
  OM_RETURN_IF_ERROR(LoadKeys(entries));
  OM_RETURN_IF_ERROR(uses_.Load(*kv_));
  absl::MutexLock lock(&mutex_);
  for (auto& [id, entry] : entries) PublishLocked(std::move(entry));
  return absl::OkStatus();
}

absl::Status PartnerStore::LoadLiveConfig(PartnerEntry& entry) const {
  if (entry.partner.config_version() == 0) return absl::OkStatus();
  OM_ASSIGN_OR_RETURN(v1::ConfigVersion config, ReadConfig(entry, entry.partner.config_version()));
  entry.config = std::make_shared<const v1::ConfigVersion>(std::move(config));
  return absl::OkStatus();
}

absl::Status PartnerStore::LoadKeys(std::map<std::string, std::shared_ptr<PartnerEntry>>& entries) const {
  const auto it = kv_->NewIterator(kKeys);
  for (it->Seek(""); it->Valid(); it->Next()) {
    OM_ASSIGN_OR_RETURN(v1::KeyRecord key, DecodeKey(it->value()));
    const auto found = entries.find(key.api_key().partner_id());
    if (found == entries.end() || KeyKey(found->first, key.api_key().key_id()) != it->key()) return BadRecord("key");
    found->second->keys.push_back(std::move(key));
  }
  for (const auto& [id, entry] : entries) {
    std::stable_sort(entry->keys.begin(), entry->keys.end(), [](const auto& a, const auto& b) {
      return FromTimestamp(a.api_key().create_time()) < FromTimestamp(b.api_key().create_time());
    });
  }
  return it->status();
}

int64_t PartnerStore::last_written() const {
  absl::MutexLock writing(&write_mutex_);
  return last_written_;
}

EntryPtr PartnerStore::Find(const std::string& partner_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = partners_.find(partner_id);
  return found == partners_.end() ? nullptr : found->second.entry;
}

std::vector<EntryPtr> PartnerStore::List(const std::string& after, size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<EntryPtr> entries;
  for (auto it = partners_.upper_bound(after); it != partners_.end() && entries.size() < limit; ++it) {
    entries.push_back(it->second.entry);
  }
  return entries;
}

ChangedEntries PartnerStore::Changes(int64_t after, size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  ChangedEntries changes;
  changes.last = last_change_;
  for (auto it = by_change_.upper_bound(after); it != by_change_.end() && changes.entries.size() < limit; ++it) {
    changes.entries.emplace_back(it->first, it->second);
  }
  return changes;
}

absl::StatusOr<EntryPtr> PartnerStore::Apply(const std::string& partner_id, const Decide& decide) {
  absl::MutexLock writing(&write_mutex_);
  const EntryPtr current = Find(partner_id);
  OM_ASSIGN_OR_RETURN(Change change, decide(current.get()));
  if (change.IsEmpty()) return current;
  OM_CHECK(current != nullptr || change.partner.has_value());
  OM_CHECK(!change.partner.has_value() || change.partner->partner_id() == partner_id);
  if (current == nullptr) {
    absl::ReaderMutexLock lock(&mutex_);
    if (partners_.size() >= kMaxPartners) return TooManyPartners();
  }
  ++last_written_;
  Stamp(current.get(), change);
  if (const absl::Status written = Write(partner_id, change); !written.ok()) {
    --last_written_;
    return written;
  }
  EntryPtr entry = Applied(current.get(), change);
  Publish(entry);
  for (const std::string& key_id : change.forgotten_keys) uses_.Forget(partner_id, key_id);
  return entry;
}

void PartnerStore::Stamp(const PartnerEntry* current, Change& change) const {
  if (!change.partner.has_value()) return;
  const auto now = ToTimestamp(options_.clock());
  v1::Partner& partner = *change.partner;
  partner.set_etag(MakeEtag(partner.partner_id(), last_written_));
  *partner.mutable_create_time() = current == nullptr ? now : current->partner.create_time();
  *partner.mutable_update_time() = now;
  if (!change.config.has_value()) return;
  // Versions are dense, and the newest one is live.
  OM_CHECK(change.config->config.version() == (current == nullptr ? 0 : current->partner.config_version()) + 1);
  OM_CHECK(partner.config_version() == change.config->config.version());
  *change.config->config.mutable_create_time() = now;
}

absl::Status PartnerStore::Write(const std::string& partner_id, const Change& change) {
  static StoreMetrics& metrics = StoreMetrics::Get();
  const auto batch = kv_->NewBatch();
  if (change.partner.has_value()) batch->Put(kPartners, partner_id, EncodePartner(*change.partner));
  if (change.config.has_value()) {
    const std::string key = ConfigKey(partner_id, change.config->config.version());
    batch->Put(kConfigs, key, EncodeConfig(*change.config));
    batch->Put(kConfigFiles, key, EncodeConfigFiles(change.config->config));
  }
  if (change.key.has_value()) {
    batch->Put(kKeys, KeyKey(partner_id, change.key->api_key().key_id()), EncodeKey(*change.key));
  }
  for (const std::string& key_id : change.forgotten_keys) {
    batch->Delete(kKeys, KeyKey(partner_id, key_id));
    batch->Delete(kKeyUses, KeyKey(partner_id, key_id));
  }
  batch->Put(kMeta, kChangeKey, kv::EncodeU64(static_cast<uint64_t>(last_written_)));
  const absl::Time start = options_.clock();
  const absl::Status written = kv_->Write(*batch, kv::Durability::kSynced);
  if (absl::IsResourceExhausted(written)) return DiskFull();
  if (!written.ok()) {
    options_.on_fatal(written);
    return StoreClosed();
  }
  // After the sync and before the answer.
  mark_->Raise(last_written_);
  metrics.commit_seconds.Observe(absl::ToDoubleSeconds(options_.clock() - start));
  if (change.config.has_value()) metrics.config_changes.Increment();
  if (change.partner.has_value() && !change.config.has_value()) metrics.settings_changes.Increment();
  if (change.key.has_value()) metrics.key_changes.Increment();
  return absl::OkStatus();
}

void PartnerStore::Publish(EntryPtr entry) {
  {
    absl::MutexLock lock(&mutex_);
    PublishLocked(std::move(entry));
  }
  options_.on_change();
}

void PartnerStore::PublishLocked(EntryPtr entry) {
  const std::string& partner_id = entry->partner.partner_id();
  const absl::Time now = options_.clock();
  for (const v1::KeyRecord& key : entry->keys) {
    if (!key.api_key().has_expire_time() || !IsLive(key.api_key(), now)) continue;
    expiries_.emplace(FromTimestamp(key.api_key().expire_time()), partner_id);
  }
  Slot& slot = partners_[partner_id];
  by_change_.erase(slot.change);
  slot = {entry, ++last_change_};
  by_change_.emplace(slot.change, std::move(entry));
  StoreMetrics::Get().partners.Set(static_cast<double>(partners_.size()));
}

absl::StatusOr<v1::ConfigVersion> PartnerStore::ReadConfig(const PartnerEntry& entry, int32_t version) const {
  if (version <= 0 || version > entry.partner.config_version()) return ConfigVersionNotFound();
  const std::string key = ConfigKey(entry.partner.partner_id(), version);
  OM_ASSIGN_OR_RETURN(const auto header, kv_->Get(kConfigs, key));
  OM_ASSIGN_OR_RETURN(const auto files, kv_->Get(kConfigFiles, key));
  if (!header.has_value() || !files.has_value()) return BadRecord("config");
  OM_ASSIGN_OR_RETURN(StoredConfig stored, DecodeConfig(*header));
  OM_RETURN_IF_ERROR(DecodeConfigFiles(*files, stored.config));
  stored.config.set_live(version == entry.partner.config_version());
  return std::move(stored.config);
}

absl::StatusOr<std::vector<v1::ConfigVersion>> PartnerStore::ListConfigs(const PartnerEntry& entry, int64_t before,
                                                                         size_t limit) const {
  std::vector<v1::ConfigVersion> versions;
  const int64_t live = entry.partner.config_version();
  for (int64_t version = std::min(before - 1, live); version > 0 && versions.size() < limit; --version) {
    const std::string key = ConfigKey(entry.partner.partner_id(), static_cast<int32_t>(version));
    OM_ASSIGN_OR_RETURN(const auto header, kv_->Get(kConfigs, key));
    if (!header.has_value()) return BadRecord("config");
    OM_ASSIGN_OR_RETURN(StoredConfig stored, DecodeConfig(*header));
    stored.config.set_live(version == live);
    versions.push_back(std::move(stored.config));
  }
  return versions;
}

void PartnerStore::ExpireKeys() {
  const absl::Time now = options_.clock();
  bool expired = false;
  {
    absl::MutexLock lock(&mutex_);
    while (!expiries_.empty() && expiries_.begin()->first <= now) {
      const std::string partner_id = expiries_.begin()->second;
      expiries_.erase(expiries_.begin());
      PublishLocked(partners_.at(partner_id).entry);
      StoreMetrics::Get().expired_keys.Increment();
      expired = true;
    }
  }
  if (expired) options_.on_change();
}

void PartnerStore::NoteKeyUse(const std::string& partner_id, const std::string& key_id, absl::Time used) {
  const EntryPtr entry = Find(partner_id);
  if (entry == nullptr) return;
  const auto key = std::find_if(entry->keys.begin(), entry->keys.end(),
                                [&key_id](const v1::KeyRecord& known) { return known.api_key().key_id() == key_id; });
  if (key == entry->keys.end()) return;
  if (used < FromTimestamp(key->api_key().create_time()) - kClockDifference) return;
  uses_.Note(partner_id, key_id, std::min(used, now()));
}

void PartnerStore::FlushKeyUses() {
  const absl::Status written = uses_.Flush(*kv_);
  if (absl::IsResourceExhausted(written)) {
    telemetry::LogWarning("uses of keys not written", {{"reason", "DISK_FULL"}});
  } else if (!written.ok()) {
    options_.on_fatal(written);
  }
}

}  // namespace ordermesh::partners
