#include "services/partners/service/partners_service.h"

#include <utility>

#include "services/common/rpc/unary.h"

namespace ordermesh::partners {
namespace {

constexpr int kChangeThreads = 2;
constexpr int kCheckThreads = 4;
// Each may hold a config of 1 MiB.
constexpr size_t kMaxWaitingChecks = 32;

Caller CallerOf(const grpc::CallbackServerContext& context) { return {.identity = rpc::IdentityOf(context)}; }

// Answers on the pool with what `act` gives for the caller.
template <typename Response, typename Act>
grpc::ServerUnaryReactor* Answer(WorkerPool& pool, grpc::CallbackServerContext* context, Response* response, Act act) {
  return rpc::RunOn(pool, context, [context, response, act = std::move(act)] {
    auto result = act(CallerOf(*context));
    if (result.ok()) *response = *std::move(result);
    return result.status();
  });
}

}  // namespace

PartnersService::PartnersService(PartnerManager& partners, ConfigManager& configs, KeyManager& keys, int read_threads)
    : partners_(partners),
      configs_(configs),
      keys_(keys),
      reads_("read", read_threads),
      changes_("change", kChangeThreads),
      checks_("check", kCheckThreads, kMaxWaitingChecks) {}

grpc::ServerUnaryReactor* PartnersService::CreatePartner(grpc::CallbackServerContext* context,
                                                         const v1::CreatePartnerRequest* request,
                                                         v1::Partner* response) {
  return Answer(checks_, context, response,
                [this, request](const Caller& caller) { return partners_.Create(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::GetPartner(grpc::CallbackServerContext* context,
                                                      const v1::GetPartnerRequest* request, v1::Partner* response) {
  return Answer(reads_, context, response,
                [this, request](const Caller& caller) { return partners_.Get(caller, request->partner_id()); });
}

grpc::ServerUnaryReactor* PartnersService::ListPartners(grpc::CallbackServerContext* context,
                                                        const v1::ListPartnersRequest* request,
                                                        v1::ListPartnersResponse* response) {
  return Answer(reads_, context, response,
                [this, request](const Caller& caller) { return partners_.List(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::UpdatePartner(grpc::CallbackServerContext* context,
                                                         const v1::UpdatePartnerRequest* request,
                                                         v1::Partner* response) {
  return Answer(changes_, context, response,
                [this, request](const Caller& caller) { return partners_.Update(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::SuspendPartner(grpc::CallbackServerContext* context,
                                                          const v1::SuspendPartnerRequest* request,
                                                          v1::Partner* response) {
  return Answer(changes_, context, response, [this, request](const Caller& caller) {
    return partners_.SetState(caller, request->partner_id(), v1::Partner::SUSPENDED);
  });
}

grpc::ServerUnaryReactor* PartnersService::ActivatePartner(grpc::CallbackServerContext* context,
                                                           const v1::ActivatePartnerRequest* request,
                                                           v1::Partner* response) {
  return Answer(changes_, context, response, [this, request](const Caller& caller) {
    return partners_.SetState(caller, request->partner_id(), v1::Partner::ACTIVE);
  });
}

grpc::ServerUnaryReactor* PartnersService::CreateConfigVersion(grpc::CallbackServerContext* context,
                                                               const v1::CreateConfigVersionRequest* request,
                                                               v1::ConfigVersion* response) {
  return Answer(checks_, context, response,
                [this, request](const Caller& caller) { return configs_.Create(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::GetConfigVersion(grpc::CallbackServerContext* context,
                                                            const v1::GetConfigVersionRequest* request,
                                                            v1::ConfigVersion* response) {
  return Answer(reads_, context, response,
                [this, request](const Caller& caller) { return configs_.Get(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::ListConfigVersions(grpc::CallbackServerContext* context,
                                                              const v1::ListConfigVersionsRequest* request,
                                                              v1::ListConfigVersionsResponse* response) {
  return Answer(reads_, context, response,
                [this, request](const Caller& caller) { return configs_.List(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::DiffConfigVersions(grpc::CallbackServerContext* context,
                                                              const v1::DiffConfigVersionsRequest* request,
                                                              v1::DiffConfigVersionsResponse* response) {
  return Answer(reads_, context, response,
                [this, request](const Caller& caller) { return configs_.Diff(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::RollBackConfig(grpc::CallbackServerContext* context,
                                                          const v1::RollBackConfigRequest* request,
                                                          v1::ConfigVersion* response) {
  return Answer(checks_, context, response,
                [this, request](const Caller& caller) { return configs_.RollBack(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::CreateApiKey(grpc::CallbackServerContext* context,
                                                        const v1::CreateApiKeyRequest* request,
                                                        v1::CreateApiKeyResponse* response) {
  return Answer(changes_, context, response,
                [this, request](const Caller& caller) { return keys_.Create(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::ListApiKeys(grpc::CallbackServerContext* context,
                                                       const v1::ListApiKeysRequest* request,
                                                       v1::ListApiKeysResponse* response) {
  return Answer(reads_, context, response,
                [this, request](const Caller& caller) { return keys_.List(caller, *request); });
}

grpc::ServerUnaryReactor* PartnersService::RevokeApiKey(grpc::CallbackServerContext* context,
                                                        const v1::RevokeApiKeyRequest* request, v1::ApiKey* response) {
  return Answer(changes_, context, response,
                [this, request](const Caller& caller) { return keys_.Revoke(caller, *request); });
}

}  // namespace ordermesh::partners
