// The narrow face of a storage engine. Two implementations: RocksDB (rocks_kv.h) and memory (memory_kv.h); both pass
// kv_contract_test.cc. Keys are compared as bytes. "Not found" is std::nullopt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ordermesh::kv {

// The place of a family in the list that a store was opened with.
using Family = uint32_t;

// One column family.
struct FamilyOptions {
  // Its name on disk; never reused for another format.
  std::string name;
  // Values of 256 bytes and more go to blob files, away from the sorted runs (raw payloads).
  bool large_values = false;
  // Point look-ups of keys that are mostly absent: a Bloom filter over whole keys.
  bool point_lookups = false;
  // Keys begin with eight random bytes, like a hash: kept in a hash table and sorted when they are flushed, because
  // finding each one's place at once is what costs most of writing it (hash_memtable.h). point_lookups must be set.
  // Iterators sort a copy of what is not flushed, and only go forward.
  bool random_keys = false;
  // Memory for not yet flushed writes of this family, in bytes; 0 means the engine's share.
  size_t write_buffer_bytes = 0;
};

// Writes that happen together or not at all. Not thread-safe.
class WriteBatch {
 public:
  virtual ~WriteBatch() = default;
  virtual void Put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void Delete(Family family, std::string_view key) = 0;
  virtual void Clear() = 0;
  virtual size_t ByteSize() const = 0;
};

// A state of the store that does not change. Frees what it holds when destroyed; must not outlive its store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

// A cursor over one family. Starts nowhere: Seek first. Not thread-safe. Views are valid until the next move.
class Iterator {
 public:
  virtual ~Iterator() = default;
  // To the first key at or after `key`.
  virtual void Seek(std::string_view key) = 0;
  // To the last key at or before `key`.
  virtual void SeekForPrev(std::string_view key) = 0;
  virtual void SeekToLast() = 0;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // DATA_LOSS where bytes were found wrong. Check it when Valid() turns false.
  virtual absl::Status status() const = 0;
};

// Whether a write is on stable storage when Write returns.
enum class Durability { kSynced, kBuffered };

// All methods may be called from any thread. Writes of two threads are applied one after the other.
class Kv {
 public:
  virtual ~Kv() = default;

  virtual std::unique_ptr<WriteBatch> NewBatch() const = 0;
  // Applies the batch whole or not at all. RESOURCE_EXHAUSTED when the disk is full (nothing was written, try again
  // later); after any other failure the store must be closed: what is on disk is unknown.
  virtual absl::Status Write(const WriteBatch& batch, Durability durability) = 0;
  // `snapshot` may be null: the newest state.
  virtual absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key,
                                                         const Snapshot* snapshot = nullptr) const = 0;
  // One answer a key, in the keys' order. Cheaper than as many Gets.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Family family, const std::vector<std::string_view>& keys) const = 0;
  virtual std::unique_ptr<Iterator> NewIterator(Family family, const Snapshot* snapshot = nullptr) const = 0;
  virtual std::unique_ptr<Snapshot> NewSnapshot() const = 0;
  // Moves everything buffered to sorted files.
  virtual absl::Status Flush() = 0;
  // Writes an openable copy to `directory`, which must not exist. Hard links where it can.
  virtual absl::Status Checkpoint(const std::string& directory) = 0;
  // Figures of the engine by name ("block_cache_bytes", "live_sst_bytes", "memtable_bytes"), for metrics.
  virtual std::vector<std::pair<std::string, uint64_t>> Properties() const = 0;
};

// Deletes every key of a family, in as many writes as it takes: whoever is killed on the way calls it again. There is
// no deletion of ranges: RocksDB 7.8's iterators pass silently over a file that they cannot read where ranges might be
// deleted.
absl::Status ClearFamily(Kv& kv, Family family);

// Numbers as keys: big-endian, so that bytes sort as the numbers do.
std::string EncodeU64(uint64_t value);
void AppendU64(std::string& key, uint64_t value);
void AppendU32(std::string& key, uint32_t value);
std::optional<uint64_t> DecodeU64(std::string_view bytes);
std::optional<uint32_t> DecodeU32(std::string_view bytes);

}  // namespace ordermesh::kv
