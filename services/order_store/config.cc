#include "services/order_store/config.h"

#include <cstdlib>

#include "services/common/base/errors.h"

namespace ordermesh::order_store {

void ConfigFlags::AddTo(CLI::App& app) {
  // The older name of the variable.
  if (const char* const data = std::getenv("ORDERMESH_ORDER_STORE_DATA")) config_.data = data;
  app.add_option("--data", config_.data, "Folder of the store")
      ->envname("ORDERMESH_DATA_DIR")
      ->required(config_.data.empty());
  app.add_option("--shard", config_.shard, "The shard that this process is")
      ->envname("ORDERMESH_SHARD")
      ->check(CLI::Range(0, 4095))
      ->capture_default_str();
  app.add_option("--block_cache_mib", config_.block_cache_mib, "Memory for blocks read, with indexes and filters")
      ->envname("ORDERMESH_BLOCK_CACHE_MIB")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--write_buffer_mib", config_.write_buffer_mib, "Memory for writes that are not in sorted files yet")
      ->envname("ORDERMESH_WRITE_BUFFER_MIB")
      ->check(CLI::Range(8, 65536))
      ->capture_default_str();
  app.add_option("--record_version", config_.record_version, "Version of the rows that are written; 2 adds a check")
      ->envname("ORDERMESH_RECORD_VERSION")
      ->check(CLI::Range(kFirstRecordVersion, kLastRecordVersion))
      ->capture_default_str();
  app.add_flag("--test_faults", test_faults_, "Allow --test_fault. Never in production");
  app.add_option("--test_fault", test_fault_, "Plant a bug: ack_before_write or skip_external_id");
}

absl::StatusOr<Config> ConfigFlags::Read() const {
  Config config = config_;
  if (config.data.empty()) return InvalidField("data", "must name a folder");
  if (test_fault_.empty()) return config;
  if (!test_faults_) return InvalidField("test_fault", "needs --test_faults: it loses or doubles orders");
  if (test_fault_ == "ack_before_write") {
    config.fault = TestFault::kAckBeforeWrite;
  } else if (test_fault_ == "skip_external_id") {
    config.fault = TestFault::kSkipExternalId;
  } else {
    return InvalidField("test_fault", "must be ack_before_write or skip_external_id");
  }
  return config;
}

}  // namespace ordermesh::order_store
