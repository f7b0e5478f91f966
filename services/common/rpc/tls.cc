#include "services/common/rpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <map>
#include <sstream>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/errors.h"
#include "services/common/base/ticker.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/certificate_files.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::rpc {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsChannelCredentialsOptions;
using grpc::experimental::TlsCustomVerificationCheckRequest;
using grpc::experimental::TlsServerCredentialsOptions;

// How often the files are looked at.
constexpr unsigned kRefreshSeconds = 1;

// Accepts the peer whose certificate names one service. The chain itself was checked by the handshake.
class SpiffeVerifier final : public ExternalCertificateVerifier {
 public:
  explicit SpiffeVerifier(std::string expected) : expected_(std::move(expected)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    // A SPIFFE certificate has exactly one URI.
    const auto uris = request->uri_names();
    if (uris.size() != 1 || uris[0] != expected_) {
      *sync_status =
          grpc::Status(grpc::StatusCode::UNAUTHENTICATED, absl::StrCat("the peer's certificate is not ", expected_));
    }
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string expected_;
};

// For servers: which service calls is decided for each method (access.h), not for the connection.
class AnyPeer final : public ExternalCertificateVerifier {
 public:
  bool Verify(TlsCustomVerificationCheckRequest*, std::function<void(grpc::Status)>, grpc::Status*) override {
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}
};

// The process's own files, read again every second for as long as it lives: gRPC does not say when it has done with
// them.
class FollowedFiles {
 public:
  explicit FollowedFiles(const TlsConfig& config)
      : files_(config.cert, config.key, config.ca),
        ticker_("certificates", absl::Seconds(kRefreshSeconds), [this] { Refresh(); }) {
    Refresh();
  }
  CertificateFiles& files() { return files_; }

 private:
  // A fault is told once, not every second.
  void Refresh() {
    const absl::Status status = files_.Refresh();
    if (status != told_ && !status.ok()) {
      telemetry::LogWarning("certificates not taken, the last good ones go on",
                            {{"error", std::string(status.message())}});
    }
    told_ = status;
  }

  CertificateFiles files_;
  absl::Status told_;
  Ticker ticker_;
};

CertificateFiles& Follow(const TlsConfig& config) {
  static absl::Mutex mutex(absl::kConstInit);
  static auto* const followed = new std::map<std::tuple<std::string, std::string, std::string>, FollowedFiles>;
  const absl::MutexLock lock(&mutex);
  return followed->try_emplace({config.cert, config.key, config.ca}, config).first->second.files();
}

std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsConfig& config) {
  CertificateFiles& files = Follow(config);
  // What is new since the last look is for new credentials at once; a fault was or will be told by that look.
  files.Refresh().IgnoreError();
  return std::make_shared<FileWatcherCertificateProvider>(files.identity_path(), files.identity_path(),
                                                          files.authorities_path(), kRefreshSeconds);
}

absl::Status CheckReadable(std::string_view flag, const std::string& path) {
  if (path.empty()) return InvalidField(flag, "is required: the mesh speaks mTLS (--insecure is for tests only)");
  if (!std::ifstream(path)) return InvalidField(flag, absl::StrCat("cannot read ", path));
  return absl::OkStatus();
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

void AddTlsFlags(CLI::App& app, TlsConfig& config) {
  app.add_option("--tls_cert", config.cert, "This service's certificate chain, PEM; read again when it changes")
      ->envname("ORDERMESH_TLS_CERT");
  app.add_option("--tls_key", config.key, "Its private key, PEM")->envname("ORDERMESH_TLS_KEY");
  app.add_option("--tls_ca", config.ca, "The authorities of the mesh, PEM")->envname("ORDERMESH_TLS_CA");
  app.add_option("--trust_domain", config.trust_domain, "Certificates carry spiffe://<trust_domain>/<service>")
      ->envname("ORDERMESH_TRUST_DOMAIN")
      ->capture_default_str();
  app.add_flag("--insecure", config.insecure, "Plaintext, every caller may do everything: for tests by hand only");
}

absl::Status CheckTls(const TlsConfig& config) {
  if (config.insecure) return absl::OkStatus();
  OM_RETURN_IF_ERROR(CheckReadable("tls_cert", config.cert));
  OM_RETURN_IF_ERROR(CheckReadable("tls_key", config.key));
  OM_RETURN_IF_ERROR(CheckReadable("tls_ca", config.ca));
  if (config.trust_domain.empty()) return InvalidField("trust_domain", "is required");
  return CheckCertificates({.cert = ReadFile(config.cert), .key = ReadFile(config.key), .ca = ReadFile(config.ca)});
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const TlsConfig& config) {
  if (config.insecure) return grpc::InsecureServerCredentials();
  TlsServerCredentialsOptions options(Watch(config));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<AnyPeer>());
  auto credentials = grpc::experimental::TlsServerCredentials(options);
  credentials->SetAuthMetadataProcessor(NewAccessProcessor(config.trust_domain));
  return credentials;
}

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsConfig& config, const std::string& service) {
  if (config.insecure) return grpc::InsecureChannelCredentials();
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(config));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_check_call_host(false);
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<SpiffeVerifier>(
      absl::StrCat("spiffe://", config.trust_domain, "/", service)));
  return grpc::experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> EdgeCredentials(const std::string& ca_file) {
  grpc::SslCredentialsOptions options;
  if (!ca_file.empty()) options.pem_root_certs = ReadFile(ca_file);
  return grpc::SslCredentials(options);
}

}  // namespace ordermesh::rpc
