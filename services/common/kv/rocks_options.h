// How RocksDB is set up, and the watchers that keep its recovery and its background work honest. Private to kv.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/wal_filter.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "services/common/kv/rocks_kv.h"

namespace ordermesh::kv {

// Refuses a write-ahead log with a hole: every record must start at the sequence number where the one before it ended.
// RocksDB itself accepts a log file in the middle of the chain that lost its end.
class WalContinuity : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "ordermesh.WalContinuity"; }
  WalProcessingOption LogRecordFound(unsigned long long log_number, const std::string& log_file_name,
                                     const rocksdb::WriteBatch& batch, rocksdb::WriteBatch* new_batch,
                                     bool* batch_changed) override;
  bool broken() const { return broken_; }

 private:
  uint64_t next_sequence_ = 0;
  bool broken_ = false;
};

// Ends the process for any background error but a full disk, which it notes so that later writes try to resume.
class BackgroundErrors : public rocksdb::EventListener {
 public:
  explicit BackgroundErrors(FatalHandler on_fatal) : on_fatal_(std::move(on_fatal)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  // RocksDB's own recovery would race with ours.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

  void Fatal(const std::string& engine_text);
  bool disk_full() const { return disk_full_.load(std::memory_order_acquire); }
  void set_disk_full(bool full) { disk_full_.store(full, std::memory_order_release); }
  // The disk was full when the engine opened its next log: it goes on reading, but writes only after a new start.
  bool beyond_resume() const { return beyond_resume_.load(std::memory_order_acquire); }

 private:
  const FatalHandler on_fatal_;
  std::atomic<bool> disk_full_ = false;
  std::atomic<bool> beyond_resume_ = false;
  std::atomic<bool> fatal_ = false;
};

// A full disk: nothing is wrong with what was written before.
bool IsNoSpace(const rocksdb::Status& status);

rocksdb::DBOptions MakeDbOptions(const RocksOptions& options, rocksdb::Env* env, WalContinuity* continuity,
                                 std::shared_ptr<BackgroundErrors> errors);

std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(const RocksOptions& options,
                                                          const std::vector<FamilyOptions>& families,
                                                          std::shared_ptr<rocksdb::Cache> cache);

// OpenRocksKv on another environment, so that tests can make the disk fail.
absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKvOn(rocksdb::Env* env, const RocksOptions& options,
                                                  const std::vector<FamilyOptions>& families);

}  // namespace ordermesh::kv
