#include "services/common/rpc/access.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::rpc {
namespace {

using common::v1::Access;

constexpr char kSpiffeProperty[] = "peer_spiffe_id";

std::string ToText(grpc::string_ref text) { return {text.data(), text.size()}; }

// The option of "/package.Service/Method"; null where there is no such method or it has none.
const Access* FindAccess(const std::string& path) {
  static absl::Mutex mutex(absl::kConstInit);
  // Bounded: only methods that exist are kept.
  static auto& known = *new absl::flat_hash_map<std::string, const Access*>();
  absl::MutexLock lock(&mutex);

  if (const auto found = known.find(path); found != known.end()) return found->second;
  if (path.empty() || path[0] != '/') return nullptr;
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrReplaceAll(path.substr(1), {{"/", "."}}));
  if (method == nullptr || !method->options().HasExtension(common::v1::access)) return nullptr;
  return known[path] = &method->options().GetExtension(common::v1::access);
}

absl::Status NotAllowed(const std::string& who, const std::string& path) {
  return Refusal(absl::StatusCode::kPermissionDenied, "NOT_ALLOWED", absl::StrCat(who, " may not call ", path),
                 {{"method", path}});
}

absl::Status CheckIdentity(const std::string& path, const Access& access, const Identity& identity) {
  const auto& roles = access.roles();
  if (std::find(roles.begin(), roles.end(), identity.role()) == roles.end()) {
    return NotAllowed(Identity::Role_Name(identity.role()), path);
  }
  if ((identity.role() == Identity::PARTNER) == identity.partner_id().empty()) {
    return NotAllowed("an identity that does not say whose partner it is", path);
  }
  return absl::OkStatus();
}

class AccessProcessor final : public grpc::AuthMetadataProcessor {
 public:
  explicit AccessProcessor(const std::string& trust_domain) : prefix_(absl::StrCat("spiffe://", trust_domain, "/")) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    const auto path = metadata.find(":path");
    if (path == metadata.end()) return {grpc::StatusCode::INTERNAL, "a call without path"};
    const std::string service = ServiceOf(*context);
    if (service.empty()) {
      return {grpc::StatusCode::UNAUTHENTICATED, absl::StrCat("the certificate has no name below ", prefix_)};
    }
    Identity identity;
    const auto found = metadata.find(kIdentityMetadata);
    if (found != metadata.end() &&
        !identity.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) {
      return {grpc::StatusCode::UNAUTHENTICATED, "the identity cannot be read"};
    }
    return ToGrpc(CheckAccess(ToText(path->second), service, found != metadata.end() ? &identity : nullptr));
  }

 private:
  std::string ServiceOf(const grpc::AuthContext& context) const {
    for (const grpc::string_ref id : context.FindPropertyValues(kSpiffeProperty)) {
      std::string name = ToText(id);
      if (absl::StartsWith(name, prefix_)) return name.substr(prefix_.size());
    }
    return "";
  }

  const std::string prefix_;
};

}  // namespace

absl::Status CheckAccess(const std::string& path, const std::string& service, const Identity* identity) {
  // Health tells nothing, and clients of every service watch it.
  if (absl::StartsWith(path, "/grpc.health.v1.Health/")) return absl::OkStatus();
  const Access* access = FindAccess(path);
  if (access == nullptr) {
    return Refusal(absl::StatusCode::kUnimplemented, "NO_SUCH_METHOD", absl::StrCat("there is no method ", path));
  }
  if (identity != nullptr) {
    if (service != kGatewayService) return NotAllowed(absl::StrCat(service, ", for others,"), path);
    return CheckIdentity(path, *access, *identity);
  }
  const auto& callers = access->callers();
  if (std::find(callers.begin(), callers.end(), service) == callers.end()) return NotAllowed(service, path);
  return absl::OkStatus();
}

std::shared_ptr<grpc::AuthMetadataProcessor> NewAccessProcessor(const std::string& trust_domain) {
  return std::make_shared<AccessProcessor>(trust_domain);
}

std::string PeerService(const grpc::ServerContextBase& context) {
  const auto ids = context.auth_context()->FindPropertyValues(kSpiffeProperty);
  if (ids.empty()) return "";
  const std::string id = ToText(ids[0]);
  return id.substr(id.rfind('/') + 1);
}

std::optional<Identity> IdentityOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kIdentityMetadata);
  if (found == metadata.end()) return std::nullopt;
  Identity identity;
  // The access processor has parsed it before: what cannot be read may do nothing.
  if (!identity.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) identity.Clear();
  return identity;
}

absl::StatusOr<std::string> VisiblePartner(const std::optional<Identity>& identity, const std::string& filter) {
  if (!identity.has_value() || identity->role() > Identity::PARTNER) return filter;
  if (identity->role() == Identity::PARTNER && (filter.empty() || filter == identity->partner_id())) {
    return identity->partner_id();
  }
  return Refusal(absl::StatusCode::kPermissionDenied, "NOT_YOUR_PARTNER", "the credential is not this partner's");
}

bool MaySee(const std::optional<Identity>& identity, std::string_view partner_id) {
  if (!identity.has_value() || identity->role() > Identity::PARTNER) return true;
  return identity->role() == Identity::PARTNER && identity->partner_id() == partner_id;
}

}  // namespace ordermesh::rpc
