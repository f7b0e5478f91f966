// A store for tests: in memory or on RocksDB in a directory of its own, with a clock that the test sets.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "services/common/kv/testing_kv.h"
#include "services/partners/domain/settings.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

using kv::Engine;
using kv::FaultyKv;
using kv::TestDirectory;

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
    auto kv = kv::OpenTestKv(engine_, directory_.path() + "/db", Families());
    if (!kv.ok()) return kv.status();
    auto faulty = std::make_unique<FaultyKv>(*std::move(kv));
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
