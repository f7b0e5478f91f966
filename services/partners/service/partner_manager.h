// Managing partners' settings and state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ordermesh/partners/v1/partners_service.pb.h"
#include "services/partners/service/caller.h"
#include "services/partners/service/config_checker.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

// The rules stand in the proto. Thread-safe; Create blocks while validation checks a config.
class PartnerManager {
 public:
  // Borrows both.
  PartnerManager(PartnerStore& store, ConfigChecker& checker) : store_(store), checker_(checker) {}

  absl::StatusOr<v1::Partner> Create(const Caller& caller, const v1::CreatePartnerRequest& request);
  absl::StatusOr<v1::Partner> Get(const Caller& caller, const std::string& partner_id) const;
  absl::StatusOr<v1::ListPartnersResponse> List(const Caller& caller, const v1::ListPartnersRequest& request) const;
  absl::StatusOr<v1::Partner> Update(const Caller& caller, const v1::UpdatePartnerRequest& request);
  // Harmless when repeated.
  absl::StatusOr<v1::Partner> SetState(const Caller& caller, const std::string& partner_id, v1::Partner::State state);

 private:
  PartnerStore& store_;
  ConfigChecker& checker_;
};

}  // namespace ordermesh::partners
