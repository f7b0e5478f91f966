// The partners: all of them in memory, every change in one synced write.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/kv/ack_mark.h"
#include "services/common/kv/kv.h"
#include "services/partners/store/key_uses.h"
#include "services/partners/store/schema.h"

namespace ordermesh::partners {

// What is known of one partner. Never changes once published.
struct PartnerEntry {
  v1::Partner partner;
  // The live version with its files; null where there is none.
  std::shared_ptr<const v1::ConfigVersion> config;
  // Oldest first, dead ones too.
  std::vector<v1::KeyRecord> keys;
};
using EntryPtr = std::shared_ptr<const PartnerEntry>;

// What becomes of a partner. What is not set stays.
struct Change {
  // All of it; the store sets etag and times.
  std::optional<v1::Partner> partner;
  // The next version, with its files; goes with a partner that names it as live. The store sets its time.
  std::optional<StoredConfig> config;
  // A new key, or one that is there already in its new form.
  std::optional<v1::KeyRecord> key;
  // Ids of keys that are dropped.
  std::vector<std::string> forgotten_keys;

  bool IsEmpty() const { return !partner.has_value() && !key.has_value() && forgotten_keys.empty(); }
};

// Partners in the order of their last change.
struct ChangedEntries {
  // With the number of the change.
  std::vector<std::pair<int64_t, EntryPtr>> entries;
  // The number of the last change of all.
  int64_t last = 0;
};

struct StoreOptions {
  std::function<absl::Time()> clock;
  // Something can be read that followers want to know; any thread, must not block.
  std::function<void()> on_change;
  // The outcome of a write is unknown: must end the process.
  std::function<void(const absl::Status&)> on_fatal;
};

// All methods may be called from any thread; reads of partners and keys never wait for the disk.
class PartnerStore {
 public:
  // Takes an opened database and mark and reads everything but old config versions. DATA_LOSS for damaged records, and
  // where the database has less than was acknowledged.
  static absl::StatusOr<std::unique_ptr<PartnerStore>> Open(std::unique_ptr<kv::Kv> kv,
                                                            std::unique_ptr<kv::AckMark> mark, StoreOptions options);

  // Null for an unknown partner.
  EntryPtr Find(const std::string& partner_id) const ABSL_LOCKS_EXCLUDED(mutex_);
  // At most `limit` partners with ids above `after`, by id.
  std::vector<EntryPtr> List(const std::string& after, size_t limit) const ABSL_LOCKS_EXCLUDED(mutex_);
  // At most `limit` partners whose last change has a higher number than `after`. Numbers start anew with each start.
  ChangedEntries Changes(int64_t after, size_t limit) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Asks `decide` what becomes of a partner (null: it is unknown), one change at a time, and makes it durable; an empty
  // change writes nothing. Gives the partner as it is then, or what `decide` refused with. RESOURCE_EXHAUSTED while the
  // disk is full or there are too many partners.
  using Decide = std::function<absl::StatusOr<Change>(const PartnerEntry* current)>;
  absl::StatusOr<EntryPtr> Apply(const std::string& partner_id, const Decide& decide)
      ABSL_LOCKS_EXCLUDED(write_mutex_, mutex_);

  // One version with its files. NOT_FOUND.
  absl::StatusOr<v1::ConfigVersion> ReadConfig(const PartnerEntry& entry, int32_t version) const;
  // At most `limit` versions below `before`, newest first, without files.
  absl::StatusOr<std::vector<v1::ConfigVersion>> ListConfigs(const PartnerEntry& entry, int64_t before,
                                                             size_t limit) const;

  // Tells followers of keys that have expired since the last call.
  void ExpireKeys() ABSL_LOCKS_EXCLUDED(mutex_);
  // Passed over where the key is unknown, or the time lies before it was made; a time in the future is now.
  void NoteKeyUse(const std::string& partner_id, const std::string& key_id, absl::Time used);
  // Writes what was noted. Call about once a minute, and before the end.
  void FlushKeyUses();
  // Writes an openable copy of the database to `directory`, which must not exist. Changes go on meanwhile.
  absl::Status WriteCheckpoint(const std::string& directory) { return kv_->Checkpoint(directory); }
  // The number of the last change that is durable; unlike those of Changes, they go on over starts.
  int64_t last_written() const ABSL_LOCKS_EXCLUDED(write_mutex_);
  const KeyUses& key_uses() const { return uses_; }
  absl::Time now() const { return options_.clock(); }

 private:
  // A partner and the number of its last change.
  struct Slot {
    EntryPtr entry;
    int64_t change = 0;
  };

  PartnerStore(std::unique_ptr<kv::Kv> kv, std::unique_ptr<kv::AckMark> mark, StoreOptions options)
      : options_(std::move(options)), kv_(std::move(kv)), mark_(std::move(mark)) {}
  absl::Status Load();
  absl::Status LoadKeys(std::map<std::string, std::shared_ptr<PartnerEntry>>& entries) const;
  absl::Status LoadLiveConfig(PartnerEntry& entry) const;
  void Stamp(const PartnerEntry* current, Change& change) const;
  absl::Status Write(const std::string& partner_id, const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  void Publish(EntryPtr entry) ABSL_LOCKS_EXCLUDED(mutex_);
  void PublishLocked(EntryPtr entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const StoreOptions options_;
  const std::unique_ptr<kv::Kv> kv_;
  const std::unique_ptr<kv::AckMark> mark_;
  KeyUses uses_;

  // Held while a change is decided and written.
  mutable absl::Mutex write_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  int64_t last_written_ ABSL_GUARDED_BY(write_mutex_) = 0;

  mutable absl::Mutex mutex_;
  std::map<std::string, Slot> partners_ ABSL_GUARDED_BY(mutex_);
  // Each partner once, by its last change.
  std::map<int64_t, EntryPtr> by_change_ ABSL_GUARDED_BY(mutex_);
  int64_t last_change_ ABSL_GUARDED_BY(mutex_) = 0;
  // When keys expire that have not yet.
  std::set<std::pair<absl::Time, std::string>> expiries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::partners
