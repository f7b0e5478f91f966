#include "services/common/kv/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "services/common/kv/engine_log.h"
#include "services/common/kv/hash_memtable.h"

namespace ordermesh::kv {
namespace {

constexpr int kExitSoftware = 70;
// Recovery reads the whole log before the store answers; this bounds it to about a second.
constexpr uint64_t kMaxLogBytes = 256 << 20;
constexpr int kFilterBitsPerKey = 10;
constexpr uint64_t kBlobBytes = 256;

rocksdb::ColumnFamilyOptions MakeFamily(const RocksOptions& options, const FamilyOptions& family, size_t families,
                                        const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions result;
  result.write_buffer_size = family.write_buffer_bytes;
  if (family.write_buffer_bytes == 0) {
    result.write_buffer_size = std::clamp<size_t>(options.write_buffer_bytes / (families + 1), 1 << 20, 64 << 20);
  }
  // Small buffers are made of small pieces: a family that is hardly written should hold hardly any memory.
  result.arena_block_size = std::min<size_t>(result.write_buffer_size / 8, 256 << 10);
  result.max_write_buffer_number = 4;
  result.compression = rocksdb::kLZ4Compression;
  result.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.metadata_block_size = 16 << 10;
  table.block_size = 16 << 10;
  table.format_version = 5;
  if (family.point_lookups) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
    table.block_size = 4 << 10;
    // Each look-up asks the filter of every file: filters stay with their open files, at 1.25 bytes of memory a key.
    // One is of some megabytes: that is more than a shard of the block cache holds, which would read it from the disk
    // again and again.
    table.cache_index_and_filter_blocks = false;
    // Such keys are hashes: they compress badly, and most look-ups end at the filter, that of the memtable included.
    result.compression = rocksdb::kNoCompression;
    result.memtable_whole_key_filtering = true;
    result.memtable_prefix_bloom_size_ratio = 0.05;
  }
  if (family.random_keys) {
    result.memtable_factory = std::make_shared<HashMemtableFactory>(result.write_buffer_size);
    result.memtable_whole_key_filtering = false;
    result.memtable_prefix_bloom_size_ratio = 0;
    result.max_write_buffer_number = 3;
    // Runs of like size are merged with each other, and seldom with all the rest
    // (docs/adr/2026-11-22-identities-merge-with-their-like.md).
    result.compaction_style = rocksdb::kCompactionStyleUniversal;
    result.level_compaction_dynamic_level_bytes = false;
    // Merging all to win space back wins none: no key is written twice.
    result.compaction_options_universal.max_size_amplification_percent = 100'000'000;
    // A merge is short: a store that is killed every few seconds must get one done, or the runs pile up.
    result.compaction_options_universal.max_merge_width = 8;
    result.level0_file_num_compaction_trigger = 8;
  }
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (family.large_values) {
    result.enable_blob_files = true;
    result.min_blob_size = kBlobBytes;
    result.blob_compression_type = rocksdb::kLZ4Compression;
    result.enable_blob_garbage_collection = true;
  }
  return result;
}

}  // namespace

void ExitOnFatal(std::string_view engine_text) {
  std::fprintf(stderr, "{\"severity\":\"FATAL\",\"message\":\"the storage engine failed: exiting\",\"error\":\"");
  for (const char c : engine_text)
    std::fputc(c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' ? ' ' : c, stderr);
  std::fprintf(stderr, "\"}\n");
  std::fflush(stderr);
  std::_Exit(kExitSoftware);
}

rocksdb::WalFilter::WalProcessingOption WalContinuity::LogRecordFound(unsigned long long, const std::string&,
                                                                      const rocksdb::WriteBatch& batch,
                                                                      rocksdb::WriteBatch*, bool*) {
  // The head of a batch on disk is its first sequence number and its count.
  uint64_t sequence = 0;
  uint32_t count = 0;
  std::memcpy(&sequence, batch.Data().data(), sizeof(sequence));
  std::memcpy(&count, batch.Data().data() + sizeof(sequence), sizeof(count));
  if (next_sequence_ != 0 && sequence != next_sequence_) {
    broken_ = true;
    return WalProcessingOption::kCorruptedRecord;
  }
  next_sequence_ = sequence + count;
  return WalProcessingOption::kContinueProcessing;
}

bool IsNoSpace(const rocksdb::Status& status) {
  return status.IsNoSpace() || (status.IsIOError() && status.subcode() == rocksdb::Status::SubCode::kNoSpace);
}

void BackgroundErrors::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) {
  if (IsNoSpace(*error)) {
    if (error->severity() > rocksdb::Status::Severity::kHardError)
      beyond_resume_.store(true, std::memory_order_release);
    set_disk_full(true);
    return;
  }
  Fatal(error->ToString());
}

void BackgroundErrors::Fatal(const std::string& engine_text) {
  if (!fatal_.exchange(true)) on_fatal_(engine_text);
}

rocksdb::DBOptions MakeDbOptions(const RocksOptions& options, rocksdb::Env* env, WalContinuity* continuity,
                                 std::shared_ptr<BackgroundErrors> errors) {
  rocksdb::DBOptions result;
  result.env = env;
  result.create_if_missing = true;
  result.create_missing_column_families = true;
  result.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  result.wal_filter = continuity;
  result.track_and_verify_wals_in_manifest = true;
  result.max_total_wal_size = kMaxLogBytes;
  result.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes);
  result.max_background_jobs = 2;
  result.max_open_files = 512;
  result.bytes_per_sync = 1 << 20;
  // One thread writes: the lock-free insert of many writers would only cost.
  result.allow_concurrent_memtable_write = false;
  result.enable_write_thread_adaptive_yield = false;
  result.avoid_unnecessary_blocking_io = true;
  result.max_bgerror_resume_count = 0;
  result.info_log = std::make_shared<EngineLog>();
  result.stats_dump_period_sec = 0;
  result.stats_persist_period_sec = 0;
  result.listeners.push_back(std::move(errors));
  return result;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(const RocksOptions& options,
                                                          const std::vector<FamilyOptions>& families,
                                                          std::shared_ptr<rocksdb::Cache> cache) {
  // RocksDB insists on a family of this name; nothing is written to it.
  std::vector<rocksdb::ColumnFamilyDescriptor> result = {{rocksdb::kDefaultColumnFamilyName, {}}};
  for (const FamilyOptions& family : families) {
    result.emplace_back(family.name, MakeFamily(options, family, families.size(), cache));
  }
  return result;
}

}  // namespace ordermesh::kv
