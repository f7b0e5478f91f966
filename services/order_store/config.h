// The settings of the order-store.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "services/order_store/store/group_decider.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {

// Validated; nothing below main reads a flag.
struct Config {
  // Where the store and its mark are.
  std::string data;
  // Which shard this is, from 0 to 4095.
  uint32_t shard = 0;
  size_t block_cache_mib = 96;
  size_t write_buffer_mib = 96;
  uint32_t record_version = kFirstRecordVersion;
  TestFault fault = TestFault::kNone;
};

// The flags before they are a Config.
class ConfigFlags {
 public:
  void AddTo(CLI::App& app);
  // INVALID_ARGUMENT names the flag.
  absl::StatusOr<Config> Read() const;

 private:
  Config config_;
  bool test_faults_ = false;
  std::string test_fault_;
};

}  // namespace ordermesh::order_store
