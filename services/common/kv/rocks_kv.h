// RocksDB behind kv.h. Nothing else includes RocksDB.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/kv/kv.h"

namespace ordermesh::kv {

// Told the engine's own words when the store can no longer be trusted: a failed sync, a failed background write, bytes
// found wrong by a compaction. It must end the process; nothing may be acknowledged after it was called.
using FatalHandler = std::function<void(std::string_view engine_text)>;

// Writes one line to stderr and ends the process at once with status 70 (EX_SOFTWARE), without destructors.
[[noreturn]] void ExitOnFatal(std::string_view engine_text);

// What the whole store may use.
struct RocksOptions {
  // Created where it is missing; its parent must exist.
  std::string directory;
  // Shared by all families: blocks read, with index and filter blocks.
  size_t block_cache_bytes = 96 << 20;
  // Not yet flushed writes of all families together.
  size_t write_buffer_bytes = 96 << 20;
  // Called at most once, from any thread.
  FatalHandler on_fatal = ExitOnFatal;
};

// Opens or creates. Recovery refuses a damaged log and a MANIFEST that lost its end (DATA_LOSS). Of a log the unsynced
// end may be torn, so callers keep an AckMark besides. FAILED_PRECONDITION where another process has it open.
absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKv(const RocksOptions& options,
                                                const std::vector<FamilyOptions>& families);

// Opens a checkpoint (Kv::Checkpoint) for reading, without changing a byte of it. Its methods that write must not be
// called. DATA_LOSS as OpenRocksKv.
absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKvReadOnly(const RocksOptions& options,
                                                        const std::vector<FamilyOptions>& families);

}  // namespace ordermesh::kv
