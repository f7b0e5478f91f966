// The store of the limit program: a RocksDB of its own, with the three rows that a durable, deduplicated order cannot
// do without. It shares nothing with services/common/kv on purpose: what slows the stores down must not slow the limit
// down that they are measured by.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace ordermesh::bench {

// One order, and what became of it.
struct LimitOrder {
  enum class Outcome { kCreated, kReplayed, kSequenceReused };

  // Partner, a zero byte, and the partner's own id; unique for ever.
  std::string id_key;
  // Partner, a zero byte, and the number as 8 bytes; empty where the order has none.
  std::string sequence_key;
  std::string bytes;

  // Set by Commit: the position of the order, or of the one that holds its identity.
  Outcome outcome = Outcome::kCreated;
  int64_t position = 0;
};

// Rows by position, external ids and sequence numbers, each in a family of its own. Not thread-safe: one writer.
class LimitStore {
 public:
  // Opens or creates. INTERNAL with RocksDB's words where that fails.
  static absl::StatusOr<std::unique_ptr<LimitStore>> Open(const std::string& folder);
  ~LimitStore();

  // Decides every order of the group and writes what is new in one synced batch; durable when it returns OK.
  absl::Status Commit(const std::vector<LimitOrder*>& group);
  // Orders stored.
  int64_t end() const { return end_; }

 private:
  LimitStore() = default;
  absl::Status FindEnd();

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  int64_t end_ = 0;
};

}  // namespace ordermesh::bench
