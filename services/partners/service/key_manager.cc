#include "services/partners/service/key_manager.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

// Random bytes that are wiped when they go.
template <size_t N>
class SecretBytes {
 public:
  // Without randomness nothing that follows would be safe.
  SecretBytes() { OM_CHECK(RAND_bytes(bytes_.data(), static_cast<int>(N)) == 1); }
  ~SecretBytes() { OPENSSL_cleanse(bytes_.data(), N); }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), N}; }

 private:
  std::array<unsigned char, N> bytes_;
};

int CountLive(const PartnerEntry& entry, absl::Time now) {
  return static_cast<int>(std::count_if(entry.keys.begin(), entry.keys.end(),
                                        [now](const auto& key) { return IsLive(key.api_key(), now); }));
}

}  // namespace

absl::StatusOr<v1::CreateApiKeyResponse> KeyManager::Create(const Caller& caller,
                                                            const v1::CreateApiKeyRequest& request) {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  const absl::Time now = store_.now();
  OM_RETURN_IF_ERROR(CheckNewKey(request, now));
  std::string key = MakeApiKey(SecretBytes<kKeyRandomBytes>().view());
  v1::KeyRecord record;
  record.set_hmac(pepper_.Hmac(key));
  v1::ApiKey& api_key = *record.mutable_api_key();
  api_key.set_partner_id(request.partner_id());
  api_key.set_key_id(MakeKeyId(SecretBytes<kKeyIdRandomBytes>().view()));
  api_key.set_label(request.label());
  api_key.set_prefix(ApiKeyPrefix(key));
  api_key.set_author(caller.Author());
  *api_key.mutable_create_time() = ToTimestamp(now);
  if (request.has_expire_time()) *api_key.mutable_expire_time() = request.expire_time();
  const auto entry = store_.Apply(request.partner_id(), [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
    if (current == nullptr) return UnknownPartner();
    if (CountLive(*current, now) >= kMaxLiveKeys) return TooManyKeys();
    return Change{.key = record, .forgotten_keys = KeysToForget(current->keys, now)};
  });
  if (!entry.ok()) {
    Wipe(key);
    return entry.status();
  }
  LogChange(caller, "key made", request.partner_id(), api_key.key_id());
  v1::CreateApiKeyResponse response;
  response.set_key(std::move(key));
  *response.mutable_api_key() = std::move(api_key);
  return response;
}

absl::StatusOr<v1::ListApiKeysResponse> KeyManager::List(const Caller& caller,
                                                         const v1::ListApiKeysRequest& request) const {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  const EntryPtr entry = store_.Find(request.partner_id());
  if (entry == nullptr) return UnknownPartner();
  v1::ListApiKeysResponse response;
  for (auto key = entry->keys.rbegin(); key != entry->keys.rend(); ++key) *response.add_keys() = Shown(key->api_key());
  return response;
}

absl::StatusOr<v1::ApiKey> KeyManager::Revoke(const Caller& caller, const v1::RevokeApiKeyRequest& request) {
  OM_RETURN_IF_ERROR(CheckVisible(caller, request.partner_id()));
  bool revoked = false;
  v1::ApiKey result;
  OM_RETURN_IF_ERROR(store_
                         .Apply(request.partner_id(),
                                [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
                                  if (current == nullptr) return UnknownPartner();
                                  const auto found = std::find_if(
                                      current->keys.begin(), current->keys.end(),
                                      [&](const auto& key) { return key.api_key().key_id() == request.key_id(); });
                                  if (found == current->keys.end()) return KeyNotFound();
                                  result = found->api_key();
                                  if (result.has_revoke_time()) return Change();
                                  revoked = true;
                                  *result.mutable_revoke_time() = ToTimestamp(store_.now());
                                  Change change{.key = *found};
                                  *change.key->mutable_api_key() = result;
                                  return change;
                                })
                         .status());
  if (revoked) LogChange(caller, "key revoked", request.partner_id(), request.key_id());
  return Shown(result);
}

v1::ApiKey KeyManager::Shown(const v1::ApiKey& stored) const {
  v1::ApiKey key = stored;
  const auto used = store_.key_uses().LastUsed(key.partner_id(), key.key_id());
  if (used.has_value()) *key.mutable_last_used_time() = ToTimestamp(*used);
  return key;
}

}  // namespace ordermesh::partners
