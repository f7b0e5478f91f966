// Managing partners' API keys.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ordermesh/partners/v1/partners_service.pb.h"
#include "services/partners/domain/api_key.h"
#include "services/partners/service/caller.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

// The rules stand in the proto. Thread-safe.
class KeyManager {
 public:
  // Borrows both.
  KeyManager(PartnerStore& store, const Pepper& pepper) : store_(store), pepper_(pepper) {}

  // The answer holds the only copy of the key that there is.
  absl::StatusOr<v1::CreateApiKeyResponse> Create(const Caller& caller, const v1::CreateApiKeyRequest& request);
  absl::StatusOr<v1::ListApiKeysResponse> List(const Caller& caller, const v1::ListApiKeysRequest& request) const;
  absl::StatusOr<v1::ApiKey> Revoke(const Caller& caller, const v1::RevokeApiKeyRequest& request);

 private:
  // With the time when it was last used.
  v1::ApiKey Shown(const v1::ApiKey& stored) const;

  PartnerStore& store_;
  const Pepper& pepper_;
};

}  // namespace ordermesh::partners
