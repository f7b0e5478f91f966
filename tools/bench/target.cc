#include "tools/bench/target.h"

#include <chrono>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/tls.h"
#include "tools/bench/http_socket.h"
#include "tools/ordermesh/client/endpoints.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::bench {
namespace {

constexpr std::chrono::seconds kConnectTime{1};

absl::StatusOr<client::Connection> FindDirect(const TargetOptions& options) {
  client::Connection connection;
  connection.who = "the gateway, by its certificate";
  connection.address = options.address;
  if (connection.address.empty()) {
    OM_ASSIGN_OR_RETURN(const client::Endpoints endpoints, client::ReadEndpoints(options.connection.data));
    const auto& stores = endpoints.order_stores;
    connection.address = options.service == "feed" ? endpoints.feed : stores.empty() ? "" : stores.front();
  }
  common::v1::Identity identity;
  identity.set_role(common::v1::Identity::OPERATOR);
  identity.set_subject("ordermesh-bench");
  connection.channel.metadata.emplace_back(rpc::kIdentityMetadata, identity.SerializeAsString());
  if (options.insecure) return connection;
  const std::filesystem::path folder =
      options.tls_dir.empty() ? options.connection.data / "tls" : std::filesystem::path(options.tls_dir);
  rpc::TlsConfig tls;
  tls.ca = folder / "ca.pem";
  tls.cert = folder / rpc::kGatewayService / "cert.pem";
  tls.key = folder / rpc::kGatewayService / "key.pem";
  OM_RETURN_IF_ERROR(rpc::CheckTls(tls));
  connection.channel.credentials = rpc::ClientCredentials(tls, options.service);
  return connection;
}

absl::StatusOr<client::Connection> FindEdge(const TargetOptions& options, const std::string& partner) {
  client::ConnectionFlags flags = options.connection;
  const bool local = flags.address.empty() && flags.profile.empty();
  if (!partner.empty() && local && flags.api_key.empty() && flags.token.empty()) {
    OM_ASSIGN_OR_RETURN(client::Credentials credentials, client::ReadCredentials(flags.data));
    flags.api_key = credentials.partners[partner];
    flags.data_named = true;
    if (flags.api_key.empty()) {
      return absl::UnavailableError(absl::StrCat("credentials.json has no key of ", partner));
    }
  }
  OM_ASSIGN_OR_RETURN(client::Connection connection, client::FindConnection(flags));
  if (options.route == Route::kRest && local) {
    OM_ASSIGN_OR_RETURN(const client::Endpoints endpoints, client::ReadEndpoints(flags.data));
    connection.address = endpoints.http;
  }
  return connection;
}

absl::Status SeeThatItAnswers(Route route, const client::Connection& connection) {
  const bool answers =
      route == Route::kRest
          ? HttpSocket().Connect(connection.address).ok()
          : client::Connect(connection)->WaitForConnected(std::chrono::system_clock::now() + kConnectTime);
  return answers ? absl::OkStatus() : absl::UnavailableError(connection.address + " does not answer");
}

}  // namespace

absl::StatusOr<client::Connection> FindTarget(const TargetOptions& options, const std::string& partner,
                                              absl::Duration wait) {
  client::Patience patience;
  patience.wait = wait;
  client::Connection connection;
  OM_RETURN_IF_ERROR(client::RetryWhileAway(patience, [&](absl::Duration) -> absl::Status {
    auto found = options.route == Route::kDirect ? FindDirect(options) : FindEdge(options, partner);
    if (!found.ok()) return found.status();
    connection = *std::move(found);
    return SeeThatItAnswers(options.route, connection);
  }));
  return connection;
}

}  // namespace ordermesh::bench
