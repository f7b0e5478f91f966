// Asks validation whether a config can become live.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordermesh/validation/v1/validation_service.grpc.pb.h"
#include "services/common/rpc/fresh_stub.h"
#include "services/partners/domain/config_files.h"

namespace ordermesh::partners {

// What the check says of a config that is good.
struct CheckedConfig {
  bool numbered = false;
  std::string rounding;
};

// Thread-safe.
class ConfigChecker {
 public:
  virtual ~ConfigChecker() = default;
  // Blocks. INVALID_ARGUMENT with one violation a fault (CONFIG_REFUSED) where the config may not become live;
  // UNAVAILABLE (NO_VALIDATION) where nobody can say now.
  virtual absl::StatusOr<CheckedConfig> Check(const std::string& partner_id, const ConfigFiles& files,
                                              const ConfigFiles& live_files) = 0;
};

// Calls ValidationService.CheckMapping: one instance after the other, until one answers.
class ValidationChecker final : public ConfigChecker {
 public:
  // At least one address, host:port each. `deadline` is for the whole check.
  ValidationChecker(const std::vector<std::string>& addresses, const rpc::ChannelOptions& channel,
                    absl::Duration deadline = absl::Seconds(10));

  absl::StatusOr<CheckedConfig> Check(const std::string& partner_id, const ConfigFiles& files,
                                      const ConfigFiles& live_files) override;

 private:
  const absl::Duration deadline_;
  // Neither copied nor moved.
  std::deque<rpc::FreshStub<validation::v1::ValidationService>> stubs_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace ordermesh::partners
