#include "tools/bench/limit/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "absl/container/flat_hash_map.h"
#include "tools/bench/big_endian.h"

namespace ordermesh::bench {
namespace {

// Places in families_; RocksDB's own default family holds the rows by position.
constexpr size_t kRows = 0;
constexpr size_t kIds = 1;
constexpr size_t kSequences = 2;

constexpr size_t kCacheBytes = 256 << 20;
constexpr size_t kRowBufferBytes = 64 << 20;
// Inserts of random keys are cheap as long as the memtable lies in the processor's cache.
constexpr size_t kIdBufferBytes = 8 << 20;
constexpr int kIdBuffers = 8;
constexpr int kFilterBitsPerKey = 10;

absl::Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError(status.ToString());
}

std::string EncodePosition(int64_t position) {
  std::string bytes;
  AppendBigEndian(bytes, static_cast<uint64_t>(position), 8);
  return bytes;
}

int64_t DecodePosition(const rocksdb::Slice& bytes) {
  return static_cast<int64_t>(ReadBigEndian({bytes.data(), bytes.size()}));
}

rocksdb::ColumnFamilyOptions RowOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = kRowBufferBytes;
  options.max_write_buffer_number = 4;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::ColumnFamilyOptions IdentityOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options = RowOptions(cache);
  options.write_buffer_size = kIdBufferBytes;
  options.min_write_buffer_number_to_merge = kIdBuffers / 2;
  options.max_write_buffer_number = 2 * kIdBuffers;
  options.compression = rocksdb::kNoCompression;
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.05;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Finds identities in the database and in the group that is being written.
class Identities {
 public:
  Identities(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) : db_(db), family_(family) {}

  // The position that holds the key; nothing where none does.
  absl::StatusOr<std::optional<int64_t>> Find(const std::string& key) {
    if (const auto found = group_.find(key); found != group_.end()) return found->second;
    rocksdb::PinnableSlice value;
    const rocksdb::Status status = db_.Get(rocksdb::ReadOptions(), family_, key, &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return FromRocks(status);
    return DecodePosition(value);
  }
  void Hold(const std::string& key, int64_t position) { group_.emplace(key, position); }

 private:
  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle* family_;
  absl::flat_hash_map<std::string, int64_t> group_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LimitStore>> LimitStore::Open(const std::string& folder) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.max_total_wal_size = 512 << 20;
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  const auto cache = rocksdb::NewLRUCache(kCacheBytes);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, RowOptions(cache)},
      {"ids", IdentityOptions(cache)},
      {"sequences", RowOptions(cache)},
  };
  std::unique_ptr<LimitStore> store(new LimitStore);
  rocksdb::DB* db = nullptr;
  if (const auto status = rocksdb::DB::Open(options, folder, families, &store->families_, &db); !status.ok()) {
    return FromRocks(status);
  }
  store->db_.reset(db);
  if (const absl::Status status = store->FindEnd(); !status.ok()) return status;
  return store;
}

LimitStore::~LimitStore() {
  for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
}

absl::Status LimitStore::FindEnd() {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions(), families_[kRows]));
  rows->SeekToLast();
  if (rows->Valid()) end_ = DecodePosition(rows->key()) + 1;
  return FromRocks(rows->status());
}

absl::Status LimitStore::Commit(const std::vector<LimitOrder*>& group) {
  rocksdb::WriteBatch batch;
  Identities ids(*db_, families_[kIds]), sequences(*db_, families_[kSequences]);
  int64_t end = end_;
  for (LimitOrder* order : group) {
    const auto holder = ids.Find(order->id_key);
    if (!holder.ok()) return holder.status();
    if (holder->has_value()) {
      order->outcome = LimitOrder::Outcome::kReplayed;
      order->position = **holder;
      continue;
    }
    if (!order->sequence_key.empty()) {
      const auto number = sequences.Find(order->sequence_key);
      if (!number.ok()) return number.status();
      if (number->has_value()) {
        order->outcome = LimitOrder::Outcome::kSequenceReused;
        order->position = **number;
        continue;
      }
    }
    order->outcome = LimitOrder::Outcome::kCreated;
    order->position = end++;
    const std::string position = EncodePosition(order->position);
    batch.Put(families_[kRows], position, order->bytes);
    batch.Put(families_[kIds], order->id_key, position);
    ids.Hold(order->id_key, order->position);
    if (order->sequence_key.empty()) continue;
    batch.Put(families_[kSequences], order->sequence_key, position);
    sequences.Hold(order->sequence_key, order->position);
  }
  if (end == end_) return absl::OkStatus();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const absl::Status status = FromRocks(db_->Write(synced, &batch));
  if (status.ok()) end_ = end;
  return status;
}

}  // namespace ordermesh::bench
