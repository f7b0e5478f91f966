// The log of a shard: its rows by dense position. Two implementations: rows in a Kv (log_kv.cc) and in memory
// (log_memory.cc); both pass log_contract_test.cc. Everything else of the store can be made again from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"

namespace ordermesh::order_store {

// One order of a group. Views that live until Append returns.
struct LogRow {
  std::string_view row;
  // The raw payload; empty where there is none.
  std::string_view payload;
};

// A cursor over the state that the log had when the cursor was made. Not thread-safe. Views are valid until the next
// move.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // To the first row at or after `position`. False past the end; DATA_LOSS where bytes were found wrong.
  virtual absl::StatusOr<bool> Seek(int64_t position) = 0;
  virtual absl::StatusOr<bool> Next() = 0;
  virtual int64_t position() const = 0;
  virtual std::string_view row() const = 0;
  // The raw payload of this row; empty where it has none.
  virtual absl::StatusOr<std::string> Payload() const = 0;
};

class Log {
 public:
  virtual ~Log() = default;

  // Appends a group whole or not at all at end() + 1 and on; it is on stable storage when this returns.
  // RESOURCE_EXHAUSTED when there is no space (nothing was written, try again later); after any other failure the
  // process must end. `effects` are opaque to the log: one that keeps_effects() writes them together with the rows,
  // other logs leave them to the caller. Only one thread may append.
  virtual absl::Status Append(const std::vector<LogRow>& rows, kv::WriteBatch& effects) = 0;
  virtual bool keeps_effects() const = 0;
  // May be called from any thread.
  virtual std::unique_ptr<LogReader> Read() const = 0;
  // The highest position; 0 when empty. May be called from any thread.
  virtual int64_t end() const = 0;
};

// Rows in the families kRows and kPayloads of `kv`, which must outlive it: effects and rows are one synced batch.
absl::StatusOr<std::unique_ptr<Log>> OpenKvLog(kv::Kv& kv);

// Rows in memory.
std::unique_ptr<Log> NewMemoryLog();

}  // namespace ordermesh::order_store
