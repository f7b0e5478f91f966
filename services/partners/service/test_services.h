// Both services on a real local port, with a validation that is a server too.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/status.h"
#include "services/partners/domain/keys.h"
#include "services/partners/service/partners_service.h"
#include "services/partners/service/sync_service.h"
#include "services/partners/service/test_managers.h"

namespace ordermesh::partners {

using Managing = v1::PartnersService::Stub;
using Syncing = v1::PartnerSyncService::Stub;

// Refuses mappings that say "bad", and breaks over those that say "crash".
class FakeValidation final : public validation::v1::ValidationService::Service {
 public:
  FakeValidation() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  grpc::Status CheckMapping(grpc::ServerContext*, const validation::v1::CheckMappingRequest* request,
                            validation::v1::CheckMappingResponse* response) override {
    const std::string& mapping = request->files(0).content();
    if (mapping == "crash") return {grpc::StatusCode::INTERNAL, "crash"};
    if (mapping == "invalid") return rpc::ToGrpc(InvalidField("files", "no"));
    response->set_ok(mapping != "bad");
    response->set_numbered(request->live_files().empty());
    response->set_rounding("HALF_UP");
    if (response->ok()) return grpc::Status::OK;
    auto* problem = response->add_problems();
    problem->set_path("mapping.yaml");
    problem->set_line(12);
    problem->set_column(3);
    problem->set_message("no such key");
    return grpc::Status::OK;
  }
  void Stop() { server_->Shutdown(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture() {
    store_.on_change = [this] { hub_.Notify(); };
    rpc::ServerConfig config;
    config.tls.insecure = true;
    config.drain_seconds = 5;
    auto server = rpc::Server::Start(config, "test", {&management_, &sync_}, drain_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel =
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()), grpc::InsecureChannelCredentials());
    stub_ = v1::PartnersService::NewStub(channel);
    sync_stub_ = v1::PartnerSyncService::NewStub(channel);
  }

  // Calls one method; the answer is empty where it fails.
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response, const rpc::Identity* identity = nullptr) {
    grpc::ClientContext context;
    if (identity != nullptr) context.AddMetadata(rpc::kIdentityMetadata, identity->SerializeAsString());
    Stub* stub = nullptr;
    if constexpr (std::is_same_v<Stub, Managing>) stub = stub_.get();
    if constexpr (std::is_same_v<Stub, Syncing>) stub = sync_stub_.get();
    return rpc::FromGrpc((stub->*method)(&context, request, response));
  }

  void CreatePartner(const std::string& id) {
    v1::CreatePartnerRequest request;
    request.mutable_partner()->set_partner_id(id);
    v1::Partner partner;
    const absl::Status status = Call(&Managing::CreatePartner, request, &partner);
    EXPECT_TRUE(status.ok()) << status;
  }

  absl::Status MakeConfig(const std::string& id, const std::string& mapping, v1::ConfigVersion* version) {
    v1::CreateConfigVersionRequest request;
    request.set_partner_id(id);
    request.set_message("why");
    AddFile("mapping.yaml", mapping, request.mutable_files());
    return Call(&Managing::CreateConfigVersion, request, version);
  }

  v1::CreateApiKeyResponse MakeKey(const std::string& id, absl::Duration life = absl::InfiniteDuration()) {
    v1::CreateApiKeyRequest request;
    request.set_partner_id(id);
    if (life < absl::InfiniteDuration()) *request.mutable_expire_time() = ToTimestamp(store_.now() + life);
    v1::CreateApiKeyResponse response;
    const absl::Status status = Call(&Managing::CreateApiKey, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  struct Watching {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchPartnersResponse>> reader;
    ~Watching() { context.TryCancel(); }
    v1::WatchPartnersResponse Next() {
      v1::WatchPartnersResponse response;
      EXPECT_TRUE(reader->Read(&response));
      return response;
    }
  };
  std::unique_ptr<Watching> Watch(bool config, bool keys) {
    auto watching = std::make_unique<Watching>();
    v1::WatchPartnersRequest request;
    request.set_include_config(config);
    request.set_include_keys(keys);
    watching->reader = sync_stub_->WatchPartners(&watching->context, request);
    return watching;
  }

  TestStore store_{Engine::kRocks};
  const Pepper pepper_ = TestPepper();
  FakeValidation validation_;
  ValidationChecker checker_{{validation_.address()}, {}};
  rpc::WatchHub hub_;
  rpc::Drain drain_;
  PartnerManager partners_{store_.store(), checker_};
  ConfigManager configs_{store_.store(), checker_};
  KeyManager keys_{store_.store(), pepper_};
  Leases leases_{store_.store(), [] { return absl::Hours(1); }};
  PartnersService management_{partners_, configs_, keys_, 2};
  SyncService sync_{store_.store(), leases_, hub_, drain_, 2};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::PartnersService::Stub> stub_;
  std::unique_ptr<v1::PartnerSyncService::Stub> sync_stub_;
};

}  // namespace ordermesh::partners
