// Who may call what, from the options in the protos, and who a call is made for.
#pragma once

#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/common/v1/access.pb.h"

namespace ordermesh::rpc {

using Identity = common::v1::Identity;

// Carries a serialised Identity from the gateway to a service.
inline constexpr char kIdentityMetadata[] = "x-ordermesh-identity-bin";

// The only service that may speak for others.
inline constexpr char kGatewayService[] = "gateway";

// Checks one call: `path` is "/package.Service/Method", `service` the name in the peer's certificate, `identity` what
// the call carries (null: nothing). UNIMPLEMENTED for a method without access option, PERMISSION_DENIED for whoever is
// not listed.
absl::Status CheckAccess(const std::string& path, const std::string& service, const Identity* identity);

// Runs CheckAccess on every call of a TLS server, before its handler. Health checks are open to every certificate.
std::shared_ptr<grpc::AuthMetadataProcessor> NewAccessProcessor(const std::string& trust_domain);

// Who the call is made for; nothing where another service calls on its own behalf (or everything is plaintext, in
// tests).
std::optional<Identity> IdentityOf(const grpc::ServerContextBase& context);

// The service whose certificate the caller holds; empty where everything is plaintext.
std::string PeerService(const grpc::ServerContextBase& context);

// The partner that a read may see: the filter itself, or a partner's own id where it gave none. PERMISSION_DENIED
// (NOT_YOUR_PARTNER) where a partner names another, known or not.
absl::StatusOr<std::string> VisiblePartner(const std::optional<Identity>& identity, const std::string& filter);

// Whether the caller may see what belongs to `partner_id`; where not, answer as if it did not exist.
bool MaySee(const std::optional<Identity>& identity, std::string_view partner_id);

}  // namespace ordermesh::rpc
