#include "services/partners/service/partner_manager.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/page_token.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/settings.h"
#include "services/partners/service/config_manager.h"

namespace ordermesh::partners {
namespace {

using google::protobuf::util::MessageDifferencer;

// token = base64url( version:1 partner_id )
constexpr char kTokenVersion = 1;

std::string EncodeToken(const std::string& after) {
  std::string token;
  absl::WebSafeBase64Escape(kTokenVersion + after, &token);
  while (!token.empty() && token.back() == '=') token.pop_back();
  return token;
}

// The id behind which the page starts.
absl::StatusOr<std::string> DecodeToken(const std::string& token) {
  if (token.empty()) return "";
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.empty() || bytes[0] != kTokenVersion ||
      !IsPartnerId(bytes.substr(1))) {
    return InvalidField("page_token", "is not a token of this list");
  }
  return bytes.substr(1);
}

}  // namespace

absl::StatusOr<v1::Partner> PartnerManager::Create(const Caller& caller, const v1::CreatePartnerRequest& request) {
  const std::string& partner_id = request.partner().partner_id();
  OM_RETURN_IF_ERROR(CheckVisible(caller, partner_id));
  OM_ASSIGN_OR_RETURN(v1::Partner partner, NewPartner(request.partner()));
  OM_RETURN_IF_ERROR(CheckMessage(request.message(), /*required=*/false));
  Change change{.partner = std::move(partner)};
  NewVersion version{.partner_id = partner_id, .message = request.message()};
  if (!request.files().empty()) {
    OM_ASSIGN_OR_RETURN(version.files, TakeFiles(request.files()));
  }
  if (store_.Find(partner_id) != nullptr) return PartnerExists(partner_id);
  if (!request.files().empty()) {
    OM_ASSIGN_OR_RETURN(const CheckedConfig checked, checker_.Check(partner_id, version.files, {}));
    AddVersion(caller, version, checked, change);
  }
  if (request.validate_only()) {
    change.partner->set_config_version(0);
    return *std::move(change.partner);
  }
  OM_ASSIGN_OR_RETURN(const EntryPtr entry,
                      store_.Apply(partner_id, [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
                        if (current != nullptr) return PartnerExists(partner_id);
                        return std::move(change);
                      }));
  LogChange(caller, "created", partner_id);
  return entry->partner;
}

absl::StatusOr<v1::Partner> PartnerManager::Get(const Caller& caller, const std::string& partner_id) const {
  OM_RETURN_IF_ERROR(CheckVisible(caller, partner_id));
  const EntryPtr entry = store_.Find(partner_id);
  if (entry == nullptr) return UnknownPartner();
  return entry->partner;
}

absl::StatusOr<v1::ListPartnersResponse> PartnerManager::List(const Caller& caller,
                                                              const v1::ListPartnersRequest& request) const {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const std::string after, DecodeToken(request.page_token()));
  OM_ASSIGN_OR_RETURN(const std::string visible, rpc::VisiblePartner(caller.identity, ""));
  v1::ListPartnersResponse response;
  if (!visible.empty()) {
    const EntryPtr own = store_.Find(visible);
    if (own != nullptr && visible > after) *response.add_partners() = own->partner;
    return response;
  }
  // One more, to see whether there is a next page.
  const auto entries = store_.List(after, static_cast<size_t>(size) + 1);
  size_t bytes = 0;
  for (const EntryPtr& entry : entries) {
    if (response.partners_size() == size || bytes >= kMaxStreamMessageBytes) {
      response.set_next_page_token(EncodeToken(response.partners().rbegin()->partner_id()));
      break;
    }
    *response.add_partners() = entry->partner;
    bytes += entry->partner.ByteSizeLong();
  }
  return response;
}

absl::StatusOr<v1::Partner> PartnerManager::Update(const Caller& caller, const v1::UpdatePartnerRequest& request) {
  const std::string& partner_id = request.partner().partner_id();
  OM_RETURN_IF_ERROR(CheckVisible(caller, partner_id));
  std::optional<v1::Partner> result;
  bool changed = false;
  OM_ASSIGN_OR_RETURN(const EntryPtr entry,
                      store_.Apply(partner_id, [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
                        if (current == nullptr) return UnknownPartner();
                        OM_ASSIGN_OR_RETURN(result, UpdatedPartner(current->partner, request));
                        changed = !MessageDifferencer::Equals(*result, current->partner);
                        if (request.validate_only() || !changed) return Change();
                        return Change{.partner = result};
                      }));
  if (request.validate_only()) return *std::move(result);
  if (changed) LogChange(caller, "updated", partner_id);
  return entry->partner;
}

absl::StatusOr<v1::Partner> PartnerManager::SetState(const Caller& caller, const std::string& partner_id,
                                                     v1::Partner::State state) {
  OM_RETURN_IF_ERROR(CheckVisible(caller, partner_id));
  bool changed = false;
  OM_ASSIGN_OR_RETURN(const EntryPtr entry,
                      store_.Apply(partner_id, [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
                        if (current == nullptr) return UnknownPartner();
                        changed = current->partner.state() != state;
                        if (!changed) return Change();
                        Change change{.partner = current->partner};
                        change.partner->set_state(state);
                        return change;
                      }));
  if (changed) LogChange(caller, state == v1::Partner::SUSPENDED ? "suspended" : "activated", partner_id);
  return entry->partner;
}

}  // namespace ordermesh::partners
