// mTLS between the services: certificates with SPIFFE names, read again while the process runs.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace ordermesh::rpc {

// Where the process finds its identity. The files are PEM and are looked at every second; a half-written file or
// a key without its certificate is not taken, the set before it goes on.
struct TlsConfig {
  std::string cert;
  std::string key;
  // The authorities that peers' certificates are checked against.
  std::string ca;
  // Certificates carry spiffe://<trust_domain>/<service>.
  std::string trust_domain = "ordermesh.local";
  // Plaintext, and everybody may call everything. Only for tests that start one process by hand.
  bool insecure = false;
};

// --tls_cert, --tls_key, --tls_ca, --trust_domain, --insecure, with the environment's names.
void AddTlsFlags(CLI::App& app, TlsConfig& config);

// Fails closed: INVALID_ARGUMENT unless all three files are named, readable and a matching set, or `insecure` was said.
absl::Status CheckTls(const TlsConfig& config);

// What a server listens with: TLS 1.2 at least, client certificates required, and every call checked against the access
// table (access.h). Plaintext where the config says insecure.
std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const TlsConfig& config);

// What a client connects with: it accepts only the peer whose certificate names `service` ("order-store"). Plaintext
// where the config says insecure.
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsConfig& config, const std::string& service);

// For clients outside the mesh, such as the CLI: TLS whose server is checked against its host name and the authorities
// in `ca_file` (empty: the system's).
std::shared_ptr<grpc::ChannelCredentials> EdgeCredentials(const std::string& ca_file);

}  // namespace ordermesh::rpc
