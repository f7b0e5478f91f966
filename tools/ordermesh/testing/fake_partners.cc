#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/field_mask_util.h"
#include "tools/ordermesh/testing/fake_mesh.h"

namespace ordermesh::testing {
namespace {

using partners::v1::ApiKey;
using partners::v1::ConfigVersion;
using partners::v1::Partner;

const grpc::Status kNotFound(grpc::StatusCode::NOT_FOUND, "there is no such partner");

std::string CredentialOf(const grpc::ServerContext& context) {
  for (const char* name : {"x-api-key", "authorization"}) {
    const auto found = context.client_metadata().find(name);
    if (found != context.client_metadata().end()) {
      return absl::StrCat(name, ": ", std::string(found->second.data(), found->second.size()));
    }
  }
  return "";
}

}  // namespace

grpc::Status FakePartners::CreatePartner(grpc::ServerContext*, const partners::v1::CreatePartnerRequest* request,
                                         Partner* partner) {
  last_create = *request;
  if (!refuse.ok()) return refuse;
  *partner = request->partner();
  partner->set_state(Partner::ACTIVE);
  partner->set_etag("1");
  if (request->validate_only()) return grpc::Status::OK;
  if (!partners.emplace(partner->partner_id(), *partner).second) {
    return grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "the partner is there");
  }
  return grpc::Status::OK;
}

grpc::Status FakePartners::GetPartner(grpc::ServerContext* context, const partners::v1::GetPartnerRequest* request,
                                      Partner* partner) {
  last_credential = CredentialOf(*context);
  if (!refuse.ok()) return refuse;
  const auto found = partners.find(request->partner_id());
  if (found == partners.end()) return kNotFound;
  *partner = found->second;
  return grpc::Status::OK;
}

grpc::Status FakePartners::ListPartners(grpc::ServerContext*, const partners::v1::ListPartnersRequest* request,
                                        partners::v1::ListPartnersResponse* response) {
  for (const auto& [id, partner] : partners) {
    if (id <= request->page_token()) continue;
    if (response->partners_size() == request->page_size()) {
      response->set_next_page_token(response->partners().rbegin()->partner_id());
      break;
    }
    *response->add_partners() = partner;
  }
  return grpc::Status::OK;
}

grpc::Status FakePartners::UpdatePartner(grpc::ServerContext*, const partners::v1::UpdatePartnerRequest* request,
                                         Partner* partner) {
  last_update = *request;
  const auto found = partners.find(request->partner().partner_id());
  if (found == partners.end()) return kNotFound;
  if (!request->partner().etag().empty() && request->partner().etag() != found->second.etag()) {
    return grpc::Status(grpc::StatusCode::ABORTED, "the partner has changed");
  }
  *partner = found->second;
  google::protobuf::util::FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  google::protobuf::util::FieldMaskUtil::MergeMessageTo(request->partner(), request->update_mask(), options, partner);
  if (!request->validate_only()) {
    partner->set_etag(partner->etag() + "+");
    found->second = *partner;
  }
  return grpc::Status::OK;
}

grpc::Status FakePartners::SuspendPartner(grpc::ServerContext*, const partners::v1::SuspendPartnerRequest* request,
                                          Partner* partner) {
  const auto found = partners.find(request->partner_id());
  if (found == partners.end()) return kNotFound;
  found->second.set_state(Partner::SUSPENDED);
  *partner = found->second;
  return grpc::Status::OK;
}

grpc::Status FakePartners::ActivatePartner(grpc::ServerContext*, const partners::v1::ActivatePartnerRequest* request,
                                           Partner* partner) {
  const auto found = partners.find(request->partner_id());
  if (found == partners.end()) return kNotFound;
  found->second.set_state(Partner::ACTIVE);
  *partner = found->second;
  return grpc::Status::OK;
}

grpc::Status FakePartners::CreateConfigVersion(grpc::ServerContext*,
                                               const partners::v1::CreateConfigVersionRequest* request,
                                               ConfigVersion* version) {
  if (!refuse.ok()) return refuse;
  version->set_partner_id(request->partner_id());
  last_base_version = request->base_version();
  version->set_message(request->message());
  version->set_author("operator");
  *version->mutable_files() = request->files();
  if (request->validate_only()) return grpc::Status::OK;
  for (ConfigVersion& old : versions) old.set_live(false);
  version->set_live(true);
  version->set_version(static_cast<int32_t>(versions.size()) + 1);
  versions.push_back(*version);
  return grpc::Status::OK;
}

grpc::Status FakePartners::GetConfigVersion(grpc::ServerContext*, const partners::v1::GetConfigVersionRequest* request,
                                            ConfigVersion* version) {
  for (const ConfigVersion& known : versions) {
    if (request->version() == 0 ? known.live() : known.version() == request->version()) *version = known;
  }
  return version->version() == 0 ? kNotFound : grpc::Status::OK;
}

grpc::Status FakePartners::ListConfigVersions(grpc::ServerContext*, const partners::v1::ListConfigVersionsRequest*,
                                              partners::v1::ListConfigVersionsResponse* response) {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    *response->add_versions() = *version;
    response->mutable_versions()->rbegin()->clear_files();
  }
  return grpc::Status::OK;
}

grpc::Status FakePartners::DiffConfigVersions(grpc::ServerContext*,
                                              const partners::v1::DiffConfigVersionsRequest* request,
                                              partners::v1::DiffConfigVersionsResponse* response) {
  last_diff = *request;
  auto* file = response->add_files();
  file->set_path("mapping.yaml");
  file->set_unified_diff("--- a/mapping.yaml\n+++ b/mapping.yaml\n-old\n+new\n");
  return grpc::Status::OK;
}

grpc::Status FakePartners::RollBackConfig(grpc::ServerContext*, const partners::v1::RollBackConfigRequest* request,
                                          ConfigVersion* version) {
  if (request->version() > static_cast<int32_t>(versions.size())) return kNotFound;
  *version = versions[static_cast<size_t>(request->version() - 1)];
  version->set_restored_version(request->version());
  version->set_version(static_cast<int32_t>(versions.size()) + 1);
  versions.push_back(*version);
  return grpc::Status::OK;
}

grpc::Status FakePartners::CreateApiKey(grpc::ServerContext*, const partners::v1::CreateApiKeyRequest* request,
                                        partners::v1::CreateApiKeyResponse* response) {
  if (!refuse.ok()) return refuse;
  ApiKey& key = *response->mutable_api_key();
  key.set_partner_id(request->partner_id());
  key.set_key_id(absl::StrCat("key-", keys.size() + 1));
  key.set_label(request->label());
  if (request->has_expire_time()) *key.mutable_expire_time() = request->expire_time();
  keys.push_back(key);
  response->set_key(absl::StrCat("omk_live_secret", keys.size()));
  return grpc::Status::OK;
}

grpc::Status FakePartners::ListApiKeys(grpc::ServerContext*, const partners::v1::ListApiKeysRequest* request,
                                       partners::v1::ListApiKeysResponse* response) {
  if (partners.find(request->partner_id()) == partners.end()) return kNotFound;
  for (const ApiKey& key : keys) *response->add_keys() = key;
  return grpc::Status::OK;
}

grpc::Status FakePartners::RevokeApiKey(grpc::ServerContext*, const partners::v1::RevokeApiKeyRequest* request,
                                        ApiKey* key) {
  for (ApiKey& known : keys) {
    if (known.key_id() != request->key_id()) continue;
    known.mutable_revoke_time()->set_seconds(1);
    *key = known;
    return grpc::Status::OK;
  }
  return kNotFound;
}

}  // namespace ordermesh::testing
