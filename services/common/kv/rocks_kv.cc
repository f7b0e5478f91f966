#include "services/common/kv/rocks_kv.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/common/kv/manifest_mark.h"
#include "services/common/kv/rocks_options.h"

namespace ordermesh::kv {
namespace {

// Between attempts to leave the state that a full disk put the engine in.
constexpr absl::Duration kResumePause = absl::Milliseconds(100);
constexpr absl::Duration kRetryAfterFailedRead = absl::Milliseconds(500);
// What must fit on the disk before the engine is told to go on: its next log begins with far less.
constexpr size_t kRoomToResume = 1 << 20;
// Made and removed beside the engine's files, which leaves files of other names alone.
constexpr char kRoomFile[] = "/room";

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status DiskFull() {
  return Refusal(absl::StatusCode::kResourceExhausted, "DISK_FULL", "the disk of the store is full");
}

// What a caller may know of a failed read. The engine's own text stays out of it.
absl::Status ReadError(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsCorruption())
    return Refusal(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "the store found damaged bytes");
  // The disk may be able to read it the next time; where it never is, operators see it in every answer.
  return WithRetry(Refusal(absl::StatusCode::kUnavailable, "STORE_FAILED", "the store could not be read; try again"),
                   kRetryAfterFailedRead);
}

// Whether the disk takes bytes again. What a crash leaves of the file is overwritten by the next attempt.
bool HasRoom(rocksdb::Env* env, const std::string& directory) {
  const std::string path = directory + kRoomFile;
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env->NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (!status.ok()) return false;
  status = file->Append(std::string(kRoomToResume, '\0'));
  if (status.ok()) status = file->Flush();
  const rocksdb::Status closed = file->Close();
  return env->DeleteFile(path).ok() && status.ok() && closed.ok();
}

absl::Status OpenError(const rocksdb::Status& status, const std::string& directory) {
  const std::string text = absl::StrCat(directory, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (IsNoSpace(status)) return absl::ResourceExhaustedError(text);
  if (status.IsIOError() && absl::StrContains(text, "/LOCK")) return absl::FailedPreconditionError(text);
  return absl::InternalError(text);
}

// A key's place in a list, by its first bytes as a number.
struct SortKey {
  uint64_t prefix = 0;
  uint32_t place = 0;
};

// The keys in ascending order. RocksDB would sort them itself, at three times the cost: it counts each comparison.
std::vector<SortKey> Sorted(const std::vector<std::string_view>& keys) {
  std::vector<SortKey> order(keys.size());
  for (uint32_t i = 0; i < keys.size(); ++i) {
    char prefix[sizeof(uint64_t)] = {};
    keys[i].copy(prefix, sizeof(prefix));
    order[i] = {*DecodeU64({prefix, sizeof(prefix)}), i};
  }
  std::sort(order.begin(), order.end(), [&keys](const SortKey& a, const SortKey& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : keys[a.place] < keys[b.place];
  });
  return order;
}

class RocksBatch : public WriteBatch {
 public:
  explicit RocksBatch(const std::vector<rocksdb::ColumnFamilyHandle*>* handles) : handles_(handles) {}

  void Put(Family family, std::string_view key, std::string_view value) override {
    Check(batch_.Put((*handles_)[family], ToSlice(key), ToSlice(value)));
  }
  void Delete(Family family, std::string_view key) override { Check(batch_.Delete((*handles_)[family], ToSlice(key))); }
  void Clear() override { batch_.Clear(); }
  size_t ByteSize() const override { return batch_.GetDataSize(); }
  // RocksDB numbers the batch in place while it writes; its content does not change.
  rocksdb::WriteBatch* raw() const { return &batch_; }

 private:
  // A batch only refuses what no caller may do: a key or value of 4 GiB.
  static void Check(const rocksdb::Status& status) { OM_CHECK(status.ok()); }

  const std::vector<rocksdb::ColumnFamilyHandle*>* const handles_;
  mutable rocksdb::WriteBatch batch_;
};

class RocksSnapshot : public Snapshot {
 public:
  explicit RocksSnapshot(rocksdb::DB* db) : db_(db), snapshot_(db->GetSnapshot()) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }
  const rocksdb::Snapshot* raw() const { return snapshot_; }

 private:
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksIterator : public Iterator {
 public:
  explicit RocksIterator(rocksdb::Iterator* iterator) : iterator_(iterator) {}

  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  void SeekToLast() override { iterator_->SeekToLast(); }
  bool Valid() const override { return iterator_->Valid(); }
  void Next() override { iterator_->Next(); }
  void Prev() override { iterator_->Prev(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  absl::Status status() const override { return ReadError(iterator_->status()); }

 private:
  const std::unique_ptr<rocksdb::Iterator> iterator_;
};

rocksdb::ReadOptions ReadAt(const Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  // Nobody deletes ranges (kv.h). Where they are looked for, a file of a level that cannot be read is passed over, as
  // if its keys were not there.
  options.ignore_range_deletions = true;
  if (snapshot != nullptr) options.snapshot = static_cast<const RocksSnapshot*>(snapshot)->raw();
  return options;
}

class RocksKv : public Kv {
 public:
  RocksKv(std::shared_ptr<BackgroundErrors> errors, std::unique_ptr<WalContinuity> continuity,
          std::shared_ptr<rocksdb::Cache> cache)
      : errors_(std::move(errors)), continuity_(std::move(continuity)), cache_(std::move(cache)) {}

  ~RocksKv() override {
    if (db_ == nullptr) return;
    // Nobody is told of a flush that ends while the database closes.
    rocksdb::CancelAllBackgroundWork(db_.get(), /*wait=*/true);
    if (mark_ != nullptr) mark_->Raise(db_.get());
    for (rocksdb::ColumnFamilyHandle* handle : all_handles_) (void)db_->DestroyColumnFamilyHandle(handle);
    (void)db_->Close();
  }

  absl::Status Open(rocksdb::Env* env, const RocksOptions& options, const std::vector<FamilyOptions>& families) {
    mark_ = std::make_shared<ManifestMark>(env, options.directory);
    OM_RETURN_IF_ERROR(mark_->Check());
    rocksdb::DBOptions db_options = MakeDbOptions(options, env, continuity_.get(), errors_);
    db_options.listeners.push_back(mark_);
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status =
        rocksdb::DB::Open(db_options, options.directory, MakeFamilies(options, families, cache_), &all_handles_, &db);
    OM_RETURN_IF_ERROR(Opened(status, db, options));
    mark_->Raise(db);
    return absl::OkStatus();
  }

  absl::Status OpenReadOnly(const RocksOptions& options, const std::vector<FamilyOptions>& families) {
    rocksdb::Env* const env = rocksdb::Env::Default();
    OM_RETURN_IF_ERROR(ManifestMark(env, options.directory).Check());
    rocksdb::DBOptions db_options = MakeDbOptions(options, env, continuity_.get(), errors_);
    db_options.create_if_missing = false;
    db_options.create_missing_column_families = false;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
        db_options, options.directory, MakeFamilies(options, families, cache_), &all_handles_, &db);
    return Opened(status, db, options);
  }

  std::unique_ptr<WriteBatch> NewBatch() const override { return std::make_unique<RocksBatch>(&handles_); }

  absl::Status Write(const WriteBatch& batch, Durability durability) override {
    if (errors_->disk_full()) OM_RETURN_IF_ERROR(Resume());
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    const rocksdb::Status status = db_->Write(options, static_cast<const RocksBatch&>(batch).raw());
    if (status.ok()) return absl::OkStatus();
    if (IsNoSpace(status)) {
      errors_->set_disk_full(true);
      return DiskFull();
    }
    // What reached the disk is unknown now, and a second sync would report a success that it cannot know.
    errors_->Fatal(status.ToString());
    return Refusal(absl::StatusCode::kInternal, "STORE_FAILED", "the store could not be written");
  }

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key,
                                                 const Snapshot* snapshot) const override {
    std::string value;
    const rocksdb::Status status = db_->Get(ReadAt(snapshot), handles_[family], ToSlice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return ReadError(status);
    return value;
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Family family, const std::vector<std::string_view>& keys) const override {
    const std::vector<SortKey> order = Sorted(keys);
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (const SortKey& key : order) slices.push_back(ToSlice(keys[key.place]));
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet(ReadAt(nullptr), handles_[family], keys.size(), slices.data(), found.data(), statuses.data(),
                  /*sorted_input=*/true);
    std::vector<std::optional<std::string>> values(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) {
        values[order[i].place].emplace(found[i].data(), found[i].size());
      } else if (!statuses[i].IsNotFound()) {
        return ReadError(statuses[i]);
      }
    }
    return values;
  }

  std::unique_ptr<Iterator> NewIterator(Family family, const Snapshot* snapshot) const override {
    return std::make_unique<RocksIterator>(db_->NewIterator(ReadAt(snapshot), handles_[family]));
  }

  std::unique_ptr<Snapshot> NewSnapshot() const override { return std::make_unique<RocksSnapshot>(db_.get()); }

  absl::Status Flush() override {
    const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions(), handles_);
    if (status.ok()) return absl::OkStatus();
    return IsNoSpace(status) ? DiskFull() : ReadError(status);
  }

  absl::Status Checkpoint(const std::string& directory) override {
    // Flushing first leaves the copy without a log to recover.
    OM_RETURN_IF_ERROR(Flush());
    rocksdb::Checkpoint* raw = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &raw);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
    if (status.ok()) return absl::OkStatus();
    if (IsNoSpace(status)) return DiskFull();
    if (status.IsInvalidArgument()) return absl::AlreadyExistsError(absl::StrCat(directory, " exists"));
    return absl::InternalError(absl::StrCat("cannot write a checkpoint to ", directory));
  }

  std::vector<std::pair<std::string, uint64_t>> Properties() const override {
    std::vector<std::pair<std::string, uint64_t>> result = {{"block_cache_bytes", cache_->GetUsage()}};
    const std::pair<const char*, const std::string*> wanted[] = {
        {"memtable_bytes", &rocksdb::DB::Properties::kSizeAllMemTables},
        {"live_sst_bytes", &rocksdb::DB::Properties::kLiveSstFilesSize},
        {"blob_bytes", &rocksdb::DB::Properties::kLiveBlobFileSize},
        {"pending_compaction_bytes", &rocksdb::DB::Properties::kEstimatePendingCompactionBytes},
        {"table_readers_bytes", &rocksdb::DB::Properties::kEstimateTableReadersMem},
    };
    for (const auto& [name, property] : wanted) {
      uint64_t value = 0;
      db_->GetAggregatedIntProperty(*property, &value);
      result.emplace_back(name, value);
    }
    return result;
  }

 private:
  // Keeps what RocksDB opened.
  absl::Status Opened(const rocksdb::Status& status, rocksdb::DB* db, const RocksOptions& options) {
    if (!status.ok()) return OpenError(status, options.directory);
    db_.reset(db);
    handles_.assign(all_handles_.begin() + 1, all_handles_.end());
    if (continuity_->broken()) return absl::DataLossError(absl::StrCat(options.directory, ": the log has a hole"));
    return absl::OkStatus();
  }

  // Leaves the state that a full disk put the engine in. RESOURCE_EXHAUSTED while the disk is still full.
  absl::Status Resume() ABSL_LOCKS_EXCLUDED(resume_mutex_) {
    absl::MutexLock lock(&resume_mutex_);
    if (!errors_->disk_full()) return absl::OkStatus();
    // Each attempt writes out what is in memory: callers that send on into a full disk must not wear it out.
    if (absl::Now() < next_resume_) return DiskFull();
    next_resume_ = absl::Now() + kResumePause;
    // To resume, the engine opens its next log, and where there is no room for that it never resumes: it must not try.
    if (!HasRoom(db_->GetEnv(), db_->GetName())) return DiskFull();
    if (errors_->beyond_resume()) {
      errors_->Fatal("there is room again, and only a new start lets the engine write");
      return DiskFull();
    }
    errors_->set_disk_full(false);
    const rocksdb::Status status = db_->Resume();
    if (status.ok() && !errors_->disk_full()) return absl::OkStatus();
    errors_->set_disk_full(true);
    if (!status.ok() && !IsNoSpace(status) && !status.IsBusy()) errors_->Fatal(status.ToString());
    return DiskFull();
  }

  const std::shared_ptr<BackgroundErrors> errors_;
  const std::unique_ptr<WalContinuity> continuity_;
  const std::shared_ptr<rocksdb::Cache> cache_;
  // None where it only reads.
  std::shared_ptr<ManifestMark> mark_;
  std::unique_ptr<rocksdb::DB> db_;
  // As RocksDB gave them, the default family first; and those of our families alone.
  std::vector<rocksdb::ColumnFamilyHandle*> all_handles_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  absl::Mutex resume_mutex_;
  absl::Time next_resume_ ABSL_GUARDED_BY(resume_mutex_) = absl::InfinitePast();
};

}  // namespace

absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKvOn(rocksdb::Env* env, const RocksOptions& options,
                                                  const std::vector<FamilyOptions>& families) {
  env->SetBackgroundThreads(1, rocksdb::Env::Priority::LOW);
  env->SetBackgroundThreads(1, rocksdb::Env::Priority::HIGH);
  auto kv =
      std::make_unique<RocksKv>(std::make_shared<BackgroundErrors>(options.on_fatal), std::make_unique<WalContinuity>(),
                                rocksdb::NewLRUCache(options.block_cache_bytes));
  OM_RETURN_IF_ERROR(kv->Open(env, options, families));
  return std::unique_ptr<Kv>(std::move(kv));
}

absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKv(const RocksOptions& options,
                                                const std::vector<FamilyOptions>& families) {
  return OpenRocksKvOn(rocksdb::Env::Default(), options, families);
}

absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKvReadOnly(const RocksOptions& options,
                                                        const std::vector<FamilyOptions>& families) {
  auto kv =
      std::make_unique<RocksKv>(std::make_shared<BackgroundErrors>(options.on_fatal), std::make_unique<WalContinuity>(),
                                rocksdb::NewLRUCache(options.block_cache_bytes));
  OM_RETURN_IF_ERROR(kv->OpenReadOnly(options, families));
  return std::unique_ptr<Kv>(std::move(kv));
}

}  // namespace ordermesh::kv
