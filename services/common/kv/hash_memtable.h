// RocksDB's buffer of a family whose keys begin with random bytes. Private to kv.
#pragma once

#include <rocksdb/memtablerep.h>

#include <cstddef>

namespace ordermesh::kv {

// Makes memtables that are RocksDB's vector, sorted once when it is flushed, with a hash table of its keys beside it:
// to insert a key costs one step, and so does to look it up, found or not, with no Bloom filter before it. The vector
// alone is sorted as a whole for the first look-up that its filter lets through, by the thread that asks; RocksDB's own
// hash memtables cost more to flush. The first bytes of a key are its hash. Iterators see what they see in the vector:
// they sort a copy of one that is still written to.
class HashMemtableFactory : public rocksdb::MemTableRepFactory {
 public:
  // With room for a buffer of write_buffer_bytes: keys, values and what the tables of them take.
  explicit HashMemtableFactory(size_t write_buffer_bytes);

  const char* Name() const override { return "ordermesh.HashMemtable"; }
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& compare,
                                          rocksdb::Allocator* allocator, const rocksdb::SliceTransform* prefix,
                                          rocksdb::Logger* logger) override;

 private:
  const size_t expected_keys_;
  rocksdb::VectorRepFactory vectors_;
};

}  // namespace ordermesh::kv
