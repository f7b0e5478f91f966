// A store for tests: in memory or on RocksDB in a directory of its own, with a clock that the test sets.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "services/common/kv/memory_kv.h"
#include "services/common/kv/rocks_kv.h"
#include "services/error_store/domain/test_errors.h"
#include "services/error_store/store/auditor.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

// A directory that goes with the test.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = ::testing::TempDir() + "error_store_XXXXXX";
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
  void FailReadsWith(absl::Status status) { read_status_ = std::move(status); }

  std::unique_ptr<kv::WriteBatch> NewBatch() const override { return kv_->NewBatch(); }
  absl::Status Write(const kv::WriteBatch& batch, kv::Durability durability) override {
    return write_status_.ok() ? kv_->Write(batch, durability) : write_status_;
  }
  absl::StatusOr<std::optional<std::string>> Get(kv::Family family, std::string_view key,
                                                 const kv::Snapshot* snapshot) const override {
    return kv_->Get(family, key, snapshot);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      kv::Family family, const std::vector<std::string_view>& keys) const override {
    if (!read_status_.ok()) return read_status_;
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
  absl::Status read_status_;
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

  absl::StatusOr<std::unique_ptr<ErrorStore>> TryOpen() {
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
    return ErrorStore::Open(std::move(faulty), *std::move(mark), Options());
  }

  // Commits and waits; one batch.
  std::vector<CommitOutcome> Commit(std::vector<Intake> items) {
    std::vector<CommitOutcome> result;
    absl::Notification done;
    CommitBatch batch{std::move(items), [&](std::vector<CommitOutcome> outcomes) {
                        result = std::move(outcomes);
                        done.Notify();
                      }};
    EXPECT_TRUE(store_->TryCommit(std::move(batch)));
    done.WaitForNotification();
    return result;
  }
  CommitOutcome Commit(Intake item) {
    std::vector<Intake> items;
    items.push_back(std::move(item));
    return Commit(std::move(items)).front();
  }
  // Errors first to last of a partner, in one batch.
  void CommitRange(const std::string& partner, int first, int last) {
    std::vector<Intake> items;
    for (int n = first; n <= last; ++n) items.push_back(MakeIntake(partner, n));
    Commit(std::move(items));
  }

  ordermesh::common::v1::AuditReport Audit(bool rebuild = true) {
    Auditor auditor(store_->kv(), store_->shard(), rebuild);
    for (bool ready = false; !ready;) {
      const auto step = auditor.Step(100);
      EXPECT_TRUE(step.ok()) << step.status();
      ready = step.value_or(true);
    }
    return auditor.report();
  }

  ErrorStore& store() { return *store_; }
  const kv::Kv& kv() { return store_->kv(); }
  FaultyKv& faulty() { return *faulty_; }
  std::string mark_path() const { return directory_.path() + "/mark"; }
  StoreOptions& options() { return options_; }
  void Advance(absl::Duration duration) { now_ += duration; }
  absl::Time now() const { return now_; }
  const std::vector<absl::Status>& fatal() const { return fatal_; }
  void Close() { store_.reset(); }

 private:
  StoreOptions Options() {
    options_.clock = [this] { return now_; };
    if (options_.on_advance == nullptr) options_.on_advance = [] {};
    options_.on_fatal = [this](const absl::Status& status) { fatal_.push_back(status); };
    return options_;
  }

  const Engine engine_;
  TestDirectory directory_;
  // Set before errors are sent, read by the writer: the queue orders the two.
  absl::Time now_ = absl::FromUnixSeconds(1'767'225'600);
  StoreOptions options_;
  std::vector<absl::Status> fatal_;
  FaultyKv* faulty_ = nullptr;
  std::unique_ptr<ErrorStore> store_;
};

}  // namespace ordermesh::error_store
