// Managing partners' configs: immutable versions, of which the newest is live.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ordermesh/partners/v1/partners_service.pb.h"
#include "services/partners/service/caller.h"
#include "services/partners/service/config_checker.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

// A version to be made.
struct NewVersion {
  std::string partner_id;
  // Sorted and checked.
  ConfigFiles files;
  std::string message;
  // 0: whatever is live.
  int32_t base_version = 0;
  // The version whose files it repeats; 0 for none.
  int32_t restored_version = 0;
  bool validate_only = false;
};

// Puts the next version into a change whose partner is set already.
void AddVersion(const Caller& caller, const NewVersion& version, const CheckedConfig& checked, Change& change);

// The rules stand in the proto. Thread-safe; Create and RollBack block while validation checks the config.
class ConfigManager {
 public:
  // Borrows both.
  ConfigManager(PartnerStore& store, ConfigChecker& checker) : store_(store), checker_(checker) {}

  absl::StatusOr<v1::ConfigVersion> Create(const Caller& caller, const v1::CreateConfigVersionRequest& request);
  absl::StatusOr<v1::ConfigVersion> Get(const Caller& caller, const v1::GetConfigVersionRequest& request) const;
  absl::StatusOr<v1::ListConfigVersionsResponse> List(const Caller& caller,
                                                      const v1::ListConfigVersionsRequest& request) const;
  absl::StatusOr<v1::DiffConfigVersionsResponse> Diff(const Caller& caller,
                                                      const v1::DiffConfigVersionsRequest& request) const;
  absl::StatusOr<v1::ConfigVersion> RollBack(const Caller& caller, const v1::RollBackConfigRequest& request);

 private:
  absl::StatusOr<v1::ConfigVersion> Make(const Caller& caller, const NewVersion& version);

  PartnerStore& store_;
  ConfigChecker& checker_;
};

}  // namespace ordermesh::partners
