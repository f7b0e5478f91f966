// A store for tests: in memory or on RocksDB in a directory of its own, with a clock that the test sets.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "services/common/kv/memory_kv.h"
#include "services/common/kv/rocks_kv.h"
#include "services/partners/domain/settings.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

// A directory that goes with the test.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = ::testing::TempDir() + "partners_XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Writes to another store, or fails as the test says.
class FaultyKv final : public kv::Kv {
 public:
  explicit FaultyKv(std::unique_ptr<kv::Kv> kv) : kv_(std::move(kv)) {}
  void FailWritesWith(absl::Status status) { write_status_ = std::move(status); }
  size_t writes() const { return writes_; }

  std::unique_ptr<kv::WriteBatch> NewBatch() const override { return kv_->NewBatch(); }
  absl::Status Write(const kv::WriteBatch& batch, kv::Durability durability) override {
    ++writes_;
    return write_status_.ok() ? kv_->Write(batch, durability) : write_status_;
  }
  absl::StatusOr<std::optional<std::string>> Get(kv::Family family, std::string_view key,
                                                 const kv::Snapshot* snapshot) const override {
    return kv_->Get(family, key, snapshot);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      kv::Family family, const std::vector<std::string_view>& keys) const override {
    return kv_->MultiGet(family, keys);
  }
  std::unique_ptr<kv::Iterator> NewIterator(kv::Family family, const kv::Snapshot* snapshot) const override {
    return kv_->NewIterator(family, snapshot);
  }
  std::unique_ptr<kv::Snapshot> NewSnapshot() const override { return kv_->NewSnapshot(); }
  absl::Status Flush() override { return kv_->Flush(); }
  absl::Status Checkpoint(const std::string& directory) override { return kv_->Checkpoint(directory); }
  std::vector<std::pair<std::string, uint64_t>> Properties() const override { return kv_->Properties(); }

 private:
  const std::unique_ptr<kv::Kv> kv_;
  absl::Status write_status_;
  size_t writes_ = 0;
};

enum class Engine { kMemory, kRocks };

class TestStore {
 public:
  explicit TestStore(Engine engine) : engine_(engine) { Reopen(); }

  // Closes and opens again; only RocksDB keeps what it had.
  void Reopen() {
    store_.reset();
    auto opened = TryOpen();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  absl::StatusOr<std::unique_ptr<PartnerStore>> TryOpen() {
    std::unique_ptr<kv::Kv> kv;
    if (engine_ == Engine::kMemory) {
      kv = kv::NewMemoryKv(Families().size());
    } else {
      kv::RocksOptions rocks;
      rocks.directory = directory_.path() + "/db";
      auto opened = kv::OpenRocksKv(rocks, Families());
      if (!opened.ok()) return opened.status();
      kv = *std::move(opened);
    }
    auto faulty = std::make_unique<FaultyKv>(std::move(kv));
    faulty_ = faulty.get();
    auto mark = kv::AckMark::Open(mark_path());
    if (!mark.ok()) return mark.status();
    StoreOptions options;
    options.clock = [this] { return now(); };
    options.on_change = [this] {
      if (on_change) on_change();
    };
    options.on_fatal = [this](const absl::Status& status) { fatal_.push_back(status); };
    return PartnerStore::Open(std::move(faulty), *std::move(mark), std::move(options));
  }

  // Closes the store and writes a record as it stands into its database.
  void Plant(kv::Family family, const std::string& key, const std::string& value) {
    store_.reset();
    kv::RocksOptions rocks;
    rocks.directory = directory_.path() + "/db";
    auto kv = kv::OpenRocksKv(rocks, Families());
    ASSERT_TRUE(kv.ok()) << kv.status();
    const auto batch = (*kv)->NewBatch();
    batch->Put(family, key, value);
    ASSERT_TRUE((*kv)->Write(*batch, kv::Durability::kSynced).ok());
  }

  PartnerStore& store() { return *store_; }
  FaultyKv& faulty() { return *faulty_; }
  std::string mark_path() const { return directory_.path() + "/mark"; }
  const std::string& directory() const { return directory_.path(); }
  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
  }
  absl::Time now() const {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  const std::vector<absl::Status>& fatal() const { return fatal_; }
  void Close() { store_.reset(); }

  // Called where followers would be told.
  std::function<void()> on_change;

 private:
  const Engine engine_;
  TestDirectory directory_;
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'767'225'600);
  std::vector<absl::Status> fatal_;
  FaultyKv* faulty_ = nullptr;
  std::unique_ptr<PartnerStore> store_;
};

}  // namespace ordermesh::partners
