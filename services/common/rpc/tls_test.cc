// Real handshakes with certificates that the test makes.
#include "services/common/rpc/tls.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ordermesh/partners/v1/partner_sync_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"

namespace ordermesh::rpc {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using partners::v1::ReportKeyUseRequest;
using partners::v1::ReportKeyUseResponse;

class SyncService final : public partners::v1::PartnerSyncService::CallbackService {
  grpc::ServerUnaryReactor* ReportKeyUse(grpc::CallbackServerContext* context, const ReportKeyUseRequest*,
                                         ReportKeyUseResponse*) override {
    auto* reactor = context->DefaultReactor();
    const auto identity = IdentityOf(*context);
    reactor->Finish(PeerService(*context) == "gateway" && !identity.has_value()
                        ? grpc::Status::OK
                        : grpc::Status(StatusCode::INTERNAL, "the handler sees another caller"));
    return reactor;
  }
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    fs::create_directories(directory_);
    MakeAuthority("ca");
    MakeCertificate("ca", "partners");
    MakeCertificate("ca", "gateway");
    MakeCertificate("ca", "feed");
  }
  ~TlsTest() override {
    server_ = nullptr;
    fs::remove_all(directory_);
  }

  void Run(const std::string& command) {
    ASSERT_EQ(std::system(absl::StrCat("cd ", directory_.string(), " && (", command, ") 2>/dev/null").c_str()), 0)
        << command;
  }

  void MakeAuthority(const std::string& name) {
    Run(absl::StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=", name,
                     " -keyout ", name, ".key -out ", name, ".pem"));
  }

  // One folder for each version, reached through a symbolic link, so that key and certificate change together.
  void MakeCertificate(const std::string& authority, const std::string& service, const std::string& folder = "",
                       const std::string& time = "-days 1") {
    const std::string to = folder.empty() ? service : folder;
    const std::string version = absl::StrCat(to, ".", ++versions_);
    Run(absl::StrCat("mkdir ", version, " && printf 'subjectAltName=URI:spiffe://ordermesh.local/", service,
                     "' > ext && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout ",
                     version, "/key.pem -out csr && openssl x509 -req -in csr -CA ", authority, ".pem -CAkey ",
                     authority, ".key -CAcreateserial ", time, " -extfile ext -out ", version, "/cert.pem && ln -sfn ",
                     version, " new && mv -T new ", to));
  }

  TlsConfig Config(const std::string& folder, const std::string& authority = "ca") const {
    TlsConfig config;
    config.cert = directory_ / folder / "cert.pem";
    config.key = directory_ / folder / "key.pem";
    config.ca = directory_ / (authority + ".pem");
    return config;
  }

  void Serve(const TlsConfig& config) {
    ServerConfig server;
    server.tls = config;
    auto started = Server::Start(server, "partners", {&service_}, drain_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  grpc::Status Call(const ChannelOptions& options) {
    const auto channel = ConnectTo(absl::StrCat("localhost:", server_->port()), options);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    ReportKeyUseResponse response;
    return partners::v1::PartnerSyncService::NewStub(channel)->ReportKeyUse(&context, {}, &response);
  }

  grpc::Status CallAs(const TlsConfig& config) { return Call({.credentials = ClientCredentials(config, "partners")}); }

  const fs::path directory_ = fs::path(::testing::TempDir()) / ("tls_test_" + std::to_string(getpid()));
  int versions_ = 0;
  SyncService service_;
  Drain drain_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, AListedServiceCallsAndIsKnownByItsCertificate) {
  Serve(Config("partners"));
  const grpc::Status status = CallAs(Config("gateway"));
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(TlsTest, AServiceThatIsNotListedIsRefused) {
  Serve(Config("partners"));
  EXPECT_EQ(CallAs(Config("feed")).error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(TlsTest, OnlyTheGatewayMaySpeakForOthers) {
  Serve(Config("partners"));
  Identity admin;
  admin.set_role(Identity::ADMIN);
  ChannelOptions options;
  options.metadata = {{kIdentityMetadata, admin.SerializeAsString()}};
  options.credentials = ClientCredentials(Config("feed"), "partners");
  EXPECT_EQ(Call(options).error_code(), StatusCode::PERMISSION_DENIED);
  // Nor is the sync service for anybody outside, whoever it is.
  options.credentials = ClientCredentials(Config("gateway"), "partners");
  EXPECT_EQ(Call(options).error_code(), StatusCode::PERMISSION_DENIED);
  options.metadata = {{kIdentityMetadata, "\xff\xff"}};
  EXPECT_EQ(Call(options).error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(TlsTest, PlaintextIsRefused) {
  Serve(Config("partners"));
  EXPECT_EQ(Call({}).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, AClientWithoutCertificateIsRefused) {
  Serve(Config("partners"));
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = "";
  EXPECT_EQ(Call({.credentials = grpc::SslCredentials(options)}).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, AnotherAuthorityIsRefusedByBothSides) {
  MakeAuthority("other");
  MakeCertificate("other", "gateway", "stranger");
  Serve(Config("partners"));
  // The stranger trusts our authority, but we do not trust its.
  EXPECT_EQ(CallAs(Config("stranger")).error_code(), StatusCode::UNAVAILABLE);
  // We trust only the other authority, which did not sign the server.
  EXPECT_EQ(CallAs(Config("gateway", "other")).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
  MakeCertificate("ca", "gateway", "late", "-days 0");
  // -days 0 ends at the second that it was made in.
  absl::SleepFor(absl::Seconds(1.1));
  Serve(Config("partners"));
  EXPECT_EQ(CallAs(Config("late")).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, AServerWithAnotherServicesCertificateIsRefused) {
  Serve(Config("feed"));
  EXPECT_EQ(CallAs(Config("gateway")).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, ANewCertificateIsUsedWithoutARestart) {
  Serve(Config("partners"));
  ASSERT_TRUE(CallAs(Config("gateway")).ok());
  MakeCertificate("ca", "order-store", "partners");
  // The server now shows another name: new connections must see it, within a few seconds.
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (CallAs(Config("gateway")).ok() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(CallAs(Config("gateway")).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, HalfWrittenFilesLeaveTheCertificatesBeforeThem) {
  Serve(Config("partners"));
  ASSERT_TRUE(CallAs(Config("gateway")).ok());
  const TlsConfig long_lived = Config("gateway");
  const auto credentials = ClientCredentials(long_lived, "partners");
  ASSERT_TRUE(Call({.credentials = credentials}).ok());
  for (const char* file : {"partners/cert.pem", "partners/key.pem", "gateway/cert.pem", "gateway/key.pem", "ca.pem"}) {
    Run(absl::StrCat("cp ", file, " whole && head -c 100 whole > half && cat half > ", file));
    // The files are looked at every second; every new connection meanwhile must be as good as before.
    for (const absl::Time end = absl::Now() + absl::Seconds(2.5); absl::Now() < end;
         absl::SleepFor(absl::Milliseconds(50))) {
      const grpc::Status status = Call({.credentials = credentials});
      ASSERT_TRUE(status.ok()) << file << ": " << status.error_message();
    }
    Run(absl::StrCat("cat whole > ", file));
  }
}

TEST_F(TlsTest, RefusesToStartWithoutEverySetting) {
  TlsConfig config = Config("partners");
  EXPECT_TRUE(CheckTls(config).ok());
  for (std::string TlsConfig::*file : {&TlsConfig::cert, &TlsConfig::key, &TlsConfig::ca}) {
    TlsConfig broken = config;
    broken.*file = "";
    EXPECT_EQ(CheckTls(broken).code(), absl::StatusCode::kInvalidArgument);
    broken.*file = directory_ / "missing.pem";
    EXPECT_EQ(CheckTls(broken).code(), absl::StatusCode::kInvalidArgument);
  }
  config.trust_domain = "";
  EXPECT_FALSE(CheckTls(config).ok());
  EXPECT_FALSE(CheckTls(TlsConfig()).ok());
  EXPECT_FALSE(Server::Start(ServerConfig(), "partners", {}, drain_).ok());
}

}  // namespace
}  // namespace ordermesh::rpc
