#include "services/common/kv/hash_memtable.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh::kv {
namespace {

using Comparator = rocksdb::MemTableRep::KeyComparator;
using rocksdb::MemTableRep;
using rocksdb::Slice;

// What a key takes with RocksDB's number of its write, its value, and a pointer in each of three places. Where keys are
// shorter the table grows once.
constexpr size_t kBytesOfKey = 88;
constexpr size_t kNumberBytes = 8;

// Entries are RocksDB's: the length of the internal key, the key itself (what the owner calls a key, then the number
// and the kind of the write), the length of the value, the value. A pointer to the version before stands in front.
const char* Older(const char* entry) {
  const char* older = nullptr;
  std::memcpy(&older, entry - sizeof(older), sizeof(older));
  return older;
}

void SetOlder(char* entry, const char* older) { std::memcpy(entry - sizeof(older), &older, sizeof(older)); }

Slice OwnersKey(Slice internal_key) { return {internal_key.data(), internal_key.size() - kNumberBytes}; }

Slice OwnersKey(const char* entry) {
  // Most lengths are one byte, which needs no call.
  const auto length = static_cast<uint8_t>(*entry);
  return OwnersKey(length < 0x80 ? Slice(entry + 1, length) : rocksdb::GetLengthPrefixedSlice(entry));
}

uint64_t FirstBytes(Slice key) {
  uint64_t first = 0;
  std::memcpy(&first, key.data(), std::min(key.size(), sizeof(first)));
  return first;
}

// Of the first bytes, which are a hash themselves, with the seed of this process: who can choose keys cannot make them
// meet in one place.
struct Hash {
  using is_transparent = void;
  size_t operator()(const char* entry) const { return absl::HashOf(FirstBytes(OwnersKey(entry))); }
  size_t operator()(Slice key) const { return absl::HashOf(FirstBytes(key)); }
};

struct Equal {
  using is_transparent = void;
  bool operator()(const char* a, const char* b) const { return OwnersKey(a) == OwnersKey(b); }
  bool operator()(const char* entry, Slice key) const { return OwnersKey(entry) == key; }
};

// RocksDB's order, where most comparisons end at the first bytes: its own counts and checks each of them.
class HashFirst : public Comparator {
 public:
  explicit HashFirst(const Comparator& order) : order_(order) {}

  int operator()(const char* a, const char* b) const override {
    const int first = Compare(OwnersKey(a), OwnersKey(b));
    return first != 0 ? first : order_(a, b);
  }
  int operator()(const char* a, const Slice& internal_key) const override {
    const int first = Compare(OwnersKey(a), OwnersKey(internal_key));
    return first != 0 ? first : order_(a, internal_key);
  }

 private:
  static int Compare(Slice a, Slice b) {
    if (std::min(a.size(), b.size()) < sizeof(uint64_t)) return 0;
    const uint64_t first_a = __builtin_bswap64(FirstBytes(a));
    const uint64_t first_b = __builtin_bswap64(FirstBytes(b));
    return first_a < first_b ? -1 : static_cast<int>(first_a != first_b);
  }

  const Comparator& order_;
};

class HashMemtable : public MemTableRep {
 public:
  HashMemtable(const Comparator& order, rocksdb::Allocator* allocator, rocksdb::VectorRepFactory& vectors,
               size_t expected_keys)
      : MemTableRep(allocator), order_(order), vector_(vectors.CreateMemTableRep(order_, allocator, nullptr, nullptr)) {
    newest_.reserve(expected_keys);
    table_bytes_ = newest_.capacity() * (sizeof(const char*) + 1);
  }

  rocksdb::KeyHandle Allocate(size_t bytes, char** entry) override {
    MemTableRep::Allocate(sizeof(const char*) + bytes, entry);
    *entry += sizeof(const char*);
    return *entry;
  }

  void Insert(rocksdb::KeyHandle handle) override ABSL_LOCKS_EXCLUDED(mutex_) {
    char* const entry = static_cast<char*>(handle);
    SetOlder(entry, nullptr);
    vector_->Insert(handle);
    absl::WriterMutexLock lock(&mutex_);
    const auto [found, is_new] = newest_.insert(entry);
    if (is_new) return;
    // Numbers of writes only grow: what comes later is newer.
    SetOlder(entry, *found);
    newest_.erase(found);
    newest_.insert(entry);
  }

  bool Contains(const char* wanted) const override {
    const char* entry = Newest(OwnersKey(wanted));
    while (entry != nullptr && order_(entry, wanted) != 0) entry = Older(entry);
    return entry != nullptr;
  }

  void MarkReadOnly() override { vector_->MarkReadOnly(); }
  size_t ApproximateMemoryUsage() override { return vector_->ApproximateMemoryUsage() + table_bytes_; }
  Iterator* GetIterator(rocksdb::Arena* arena) override { return vector_->GetIterator(arena); }
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override;

  // The newest version of a key that is not after it in RocksDB's order; null where there is none.
  const char* Find(const Slice& internal_key) const {
    const char* entry = Newest(OwnersKey(internal_key));
    while (entry != nullptr && order_(entry, internal_key) < 0) entry = Older(entry);
    return entry;
  }

 private:
  const char* Newest(Slice key) const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = newest_.find(key);
    return found == newest_.end() ? nullptr : *found;
  }

  const HashFirst order_;
  const std::unique_ptr<MemTableRep> vector_;
  // Of the table as it was made. Where entries are as large as expected it never grows.
  size_t table_bytes_ = 0;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<const char*, Hash, Equal> newest_ ABSL_GUARDED_BY(mutex_);
};

// Over the versions of one key.
class VersionIterator : public MemTableRep::Iterator {
 public:
  void Begin(const HashMemtable* table) {
    table_ = table;
    entry_ = nullptr;
  }

  bool Valid() const override { return entry_ != nullptr; }
  const char* key() const override { return entry_; }
  void Next() override { entry_ = Older(entry_); }
  void Seek(const Slice& internal_key, const char*) override { entry_ = table_->Find(internal_key); }
  // A look-up goes one way.
  void Prev() override { entry_ = nullptr; }
  void SeekForPrev(const Slice&, const char*) override { entry_ = nullptr; }
  void SeekToFirst() override { entry_ = nullptr; }
  void SeekToLast() override { entry_ = nullptr; }

 private:
  const HashMemtable* table_ = nullptr;
  const char* entry_ = nullptr;
};

// RocksDB's headers do not tell what a LookupKey is, so Get cannot be overridden. As RocksDB has it, Get asks for such
// an iterator, without an arena, and never frees it (7.8.3, MemTableRep::Get): each thread has one for all its
// look-ups. Merges and updates in place would free it; kv has neither.
MemTableRep::Iterator* HashMemtable::GetDynamicPrefixIterator(rocksdb::Arena* arena) {
  if (arena != nullptr) return GetIterator(arena);
  thread_local VersionIterator iterator;
  iterator.Begin(this);
  return &iterator;
}

}  // namespace

HashMemtableFactory::HashMemtableFactory(size_t write_buffer_bytes)
    : expected_keys_(write_buffer_bytes / kBytesOfKey) {}

MemTableRep* HashMemtableFactory::CreateMemTableRep(const Comparator& compare, rocksdb::Allocator* allocator,
                                                    const rocksdb::SliceTransform*, rocksdb::Logger*) {
  return new HashMemtable(compare, allocator, vectors_, expected_keys_);
}

}  // namespace ordermesh::kv
