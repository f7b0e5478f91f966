// Managing partners over gRPC. Nothing runs on gRPC's threads.
#pragma once

#include "ordermesh/partners/v1/partners_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/partners/service/config_manager.h"
#include "services/partners/service/key_manager.h"
#include "services/partners/service/partner_manager.h"

namespace ordermesh::partners {

class PartnersService final : public v1::PartnersService::CallbackService {
 public:
  // Borrows all.
  PartnersService(PartnerManager& partners, ConfigManager& configs, KeyManager& keys, int read_threads);

  grpc::ServerUnaryReactor* CreatePartner(grpc::CallbackServerContext* context, const v1::CreatePartnerRequest* request,
                                          v1::Partner* response) override;
  grpc::ServerUnaryReactor* GetPartner(grpc::CallbackServerContext* context, const v1::GetPartnerRequest* request,
                                       v1::Partner* response) override;
  grpc::ServerUnaryReactor* ListPartners(grpc::CallbackServerContext* context, const v1::ListPartnersRequest* request,
                                         v1::ListPartnersResponse* response) override;
  grpc::ServerUnaryReactor* UpdatePartner(grpc::CallbackServerContext* context, const v1::UpdatePartnerRequest* request,
                                          v1::Partner* response) override;
  grpc::ServerUnaryReactor* SuspendPartner(grpc::CallbackServerContext* context,
                                           const v1::SuspendPartnerRequest* request, v1::Partner* response) override;
  grpc::ServerUnaryReactor* ActivatePartner(grpc::CallbackServerContext* context,
                                            const v1::ActivatePartnerRequest* request, v1::Partner* response) override;

  grpc::ServerUnaryReactor* CreateConfigVersion(grpc::CallbackServerContext* context,
                                                const v1::CreateConfigVersionRequest* request,
                                                v1::ConfigVersion* response) override;
  grpc::ServerUnaryReactor* GetConfigVersion(grpc::CallbackServerContext* context,
                                             const v1::GetConfigVersionRequest* request,
                                             v1::ConfigVersion* response) override;
  grpc::ServerUnaryReactor* ListConfigVersions(grpc::CallbackServerContext* context,
                                               const v1::ListConfigVersionsRequest* request,
                                               v1::ListConfigVersionsResponse* response) override;
  grpc::ServerUnaryReactor* DiffConfigVersions(grpc::CallbackServerContext* context,
                                               const v1::DiffConfigVersionsRequest* request,
                                               v1::DiffConfigVersionsResponse* response) override;
  grpc::ServerUnaryReactor* RollBackConfig(grpc::CallbackServerContext* context,
                                           const v1::RollBackConfigRequest* request,
                                           v1::ConfigVersion* response) override;

  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context, const v1::CreateApiKeyRequest* request,
                                         v1::CreateApiKeyResponse* response) override;
  grpc::ServerUnaryReactor* ListApiKeys(grpc::CallbackServerContext* context, const v1::ListApiKeysRequest* request,
                                        v1::ListApiKeysResponse* response) override;
  grpc::ServerUnaryReactor* RevokeApiKey(grpc::CallbackServerContext* context, const v1::RevokeApiKeyRequest* request,
                                         v1::ApiKey* response) override;

 private:
  PartnerManager& partners_;
  ConfigManager& configs_;
  KeyManager& keys_;
  WorkerPool reads_;
  // Short changes apart from those that wait for validation: a key can be revoked however slow that is.
  WorkerPool changes_;
  WorkerPool checks_;
};

}  // namespace ordermesh::partners
