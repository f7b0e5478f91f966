// Stores for tests: a directory that goes with the test, a choice of engines, and a store that fails when it is told
// to.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/kv/memory_kv.h"
#include "services/common/kv/rocks_kv.h"

namespace ordermesh::kv {

// A directory that goes with the test.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = ::testing::TempDir() + "kv_XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

enum class Engine { kMemory, kRocks };

// An empty store in memory, or RocksDB in `directory`.
inline absl::StatusOr<std::unique_ptr<Kv>> OpenTestKv(Engine engine, const std::string& directory,
                                                      const std::vector<FamilyOptions>& families) {
  if (engine == Engine::kMemory) return NewMemoryKv(families.size());
  RocksOptions rocks;
  rocks.directory = directory;
  return OpenRocksKv(rocks, families);
}

// Writes to another store, or fails as the test says.
class FaultyKv final : public Kv {
 public:
  explicit FaultyKv(std::unique_ptr<Kv> kv) : kv_(std::move(kv)) {}
  void FailWritesWith(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    write_status_ = std::move(status);
  }
  // MultiGet only.
  void FailReadsWith(absl::Status status) { read_status_ = std::move(status); }
  size_t writes() const {
    absl::MutexLock lock(&mutex_);
    return writes_;
  }

  std::unique_ptr<WriteBatch> NewBatch() const override { return kv_->NewBatch(); }
  absl::Status Write(const WriteBatch& batch, Durability durability) override {
    {
      absl::MutexLock lock(&mutex_);
      ++writes_;
      if (!write_status_.ok()) return write_status_;
    }
    return kv_->Write(batch, durability);
  }
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key,
                                                 const Snapshot* snapshot) const override {
    return kv_->Get(family, key, snapshot);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Family family, const std::vector<std::string_view>& keys) const override {
    if (!read_status_.ok()) return read_status_;
    return kv_->MultiGet(family, keys);
  }
  std::unique_ptr<Iterator> NewIterator(Family family, const Snapshot* snapshot) const override {
    return kv_->NewIterator(family, snapshot);
  }
  std::unique_ptr<Snapshot> NewSnapshot() const override { return kv_->NewSnapshot(); }
  absl::Status Flush() override { return kv_->Flush(); }
  absl::Status Checkpoint(const std::string& directory) override { return kv_->Checkpoint(directory); }
  std::vector<std::pair<std::string, uint64_t>> Properties() const override { return kv_->Properties(); }

 private:
  const std::unique_ptr<Kv> kv_;
  mutable absl::Mutex mutex_;
  absl::Status write_status_ ABSL_GUARDED_BY(mutex_);
  absl::Status read_status_;
  size_t writes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ordermesh::kv
