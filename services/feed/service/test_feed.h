// A feed between a validation and a partners service that do as they are told, for tests.
#pragma once

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/server.h"
#include "services/feed/service/feed_service.h"
#include "services/feed/service/lease_renewer.h"
#include "services/feed/service/retry_service.h"

namespace ordermesh::feed {

// A validation in this process whose verdict is written in the payload: "created", "conflict", "rejected", "reused",
// "replayed", "unknown" (NOT_FOUND), "away" (UNAVAILABLE once, then CREATED), "silent" (no answer).
class ScriptedValidation final : public validation::v1::ValidationService::CallbackService {
 public:
  using Stream = rpc::BatchStream<validation::v1::ValidateOrdersRequest, validation::v1::ValidateOrdersResponse>;

  ScriptedValidation() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedValidation() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::ServerBidiReactor<validation::v1::ValidateOrdersRequest, validation::v1::ValidateOrdersResponse>*
  ValidateOrders(grpc::CallbackServerContext*) override {
    Stream::Handler handler;
    handler.count = [](const auto& request) {
      size_t count = 0;
      for (const auto& group : request.groups()) count += static_cast<size_t>(group.orders_size());
      return count;
    };
    handler.on_request = [this](const Stream::Ptr& stream,
                                std::unique_ptr<validation::v1::ValidateOrdersRequest> request) {
      for (const auto& group : request->groups()) {
        for (const auto& inbound : group.orders()) Answer(*stream, group.partner_id(), inbound);
      }
      return absl::OkStatus();
    };
    return Stream::Open(std::move(handler), drain_);
  }

  void Answer(Stream& stream, const std::string& partner_id, const validation::v1::InboundOrder& inbound) {
    absl::MutexLock lock(&mutex_);
    const Uuid id{inbound.ingest_id_high(), inbound.ingest_id_low()};
    deliveries_.push_back({partner_id, id, inbound.traceparent()});
    const std::string& script = inbound.raw_payload();
    if (script == "silent") return;
    validation::v1::ValidateOrdersResponse response;
    auto* result = response.add_results();
    result->set_tag(inbound.tag());
    if (script == "unknown") {
      *result->mutable_status() = ToProto(Refusal(absl::StatusCode::kNotFound, "UNKNOWN_PARTNER", "no such partner"));
    } else if (script == "away" && ++away_ == 1) {
      *result->mutable_status() =
          ToProto(WithRetry(Refusal(absl::StatusCode::kUnavailable, "PEER_AWAY", "away"), absl::Milliseconds(10)));
    } else {
      common::v1::OrderVerdict::Verdict verdict = common::v1::OrderVerdict::CREATED;
      if (script == "conflict") verdict = common::v1::OrderVerdict::CONFLICT;
      if (script == "rejected") verdict = common::v1::OrderVerdict::REJECTED;
      if (script == "reused") verdict = common::v1::OrderVerdict::SEQUENCE_REUSED;
      if (script == "replayed") verdict = common::v1::OrderVerdict::REPLAYED;
      result->mutable_verdict()->set_verdict(verdict);
      result->mutable_verdict()->set_order_id(ExternalIdOf(inbound.order()));
    }
    stream.Send(std::move(response));
  }

  static std::string ExternalIdOf(const std::string& bytes) {
    order::v1::Order order;
    return order.ParseFromString(bytes) ? order.external_order_id() : "(no order)";
  }

  struct Delivery {
    std::string partner_id;
    Uuid ingest_id;
    std::string traceparent;
  };

  std::vector<Delivery> Deliveries() {
    absl::MutexLock lock(&mutex_);
    return deliveries_;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  rpc::Drain drain_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  int away_ = 0;
  std::vector<Delivery> deliveries_;
};

// Leases out what the test allows.
class ScriptedPartners final : public partners::v1::PartnerSyncService::Service {
 public:
  ScriptedPartners() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedPartners() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status LeaseTokens(grpc::ServerContext*, const partners::v1::LeaseTokensRequest* request,
                           partners::v1::LeaseTokensResponse* response) override {
    absl::MutexLock lock(&mutex_);
    if (away_) return {grpc::StatusCode::UNAVAILABLE, "away"};
    for (const auto& want : request->wants()) {
      tokens_ += want.returned();
      const int64_t granted = std::min(tokens_, want.wanted());
      tokens_ -= granted;
      auto* grant = response->add_grants();
      grant->set_granted(granted);
      grant->set_holders(1);
      if (granted < want.wanted()) grant->mutable_retry_after()->set_seconds(30);
    }
    return grpc::Status::OK;
  }

  void SetTokens(int64_t tokens) {
    absl::MutexLock lock(&mutex_);
    tokens_ = tokens;
  }
  void SetAway(bool away) {
    absl::MutexLock lock(&mutex_);
    away_ = away;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  absl::Mutex mutex_;
  int64_t tokens_ ABSL_GUARDED_BY(mutex_) = 1'000'000'000;
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Server> server_;
};

// Knows partner-a and partner-b, which may send what the partners service leases out.
class FeedServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Know({MakePartner("partner-a"), MakePartner("partner-b")});
    Start(absl::Seconds(20));
  }

  static partners::v1::Partner MakePartner(const std::string& partner_id) {
    partners::v1::Partner partner;
    partner.set_partner_id(partner_id);
    partner.set_state(partners::v1::Partner::ACTIVE);
    partner.set_config_version(1);
    partner.mutable_order_limit()->set_amount(1'000);
    partner.mutable_order_limit()->set_burst(100);
    return partner;
  }

  void Know(const std::vector<partners::v1::Partner>& partners) {
    rpc::PartnerMap map;
    for (const auto& partner : partners) {
      auto record = std::make_shared<partners::v1::PartnerRecord>();
      *record->mutable_partner() = partner;
      map[partner.partner_id()] = std::move(record);
    }
    directory_.Update(map);
  }

  void Start(absl::Duration deadline) {
    server_ = nullptr;
    drain_ = std::make_unique<rpc::Drain>();
    inlet_ = std::make_unique<Inlet>(InletOptions{{validation_.address()}, deadline, {}});
    service_ = std::make_unique<FeedService>(*inlet_, directory_, leases_.limits(), *drain_);
    retries_ = std::make_unique<RetryService>(*inlet_, directory_);
    rpc::ServerConfig config;
    config.tls.insecure = true;
    auto server = rpc::Server::Start(config, "feed", {service_.get(), retries_.get()}, *drain_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel =
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()), grpc::InsecureChannelCredentials());
    stub_ = v1::FeedService::NewStub(channel);
    retry_stub_ = v1::RetryService::NewStub(channel);
  }

  // What the gateway says of the caller: a partner, or the operator.
  void SpeakFor(const std::string& partner_id) {
    rpc::Identity identity;
    identity.set_role(partner_id.empty() ? rpc::Identity::OPERATOR : rpc::Identity::PARTNER);
    identity.set_partner_id(partner_id);
    identity_ = identity.SerializeAsString();
  }

  std::unique_ptr<grpc::ClientContext> NewContext() const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    if (!identity_.empty()) context->AddMetadata(rpc::kIdentityMetadata, identity_);
    return context;
  }

  // The verdict counts of a call that has ended.
  void KeepCounts(const grpc::ClientContext& context) {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find(kVerdictsMetadata);
    counts_ = found == trailers.end() ? "(none)" : std::string(found->second.data(), found->second.size());
  }

  absl::Status Submit(const std::string& script, common::v1::OrderVerdict* verdict = nullptr,
                      absl::Duration deadline = absl::InfiniteDuration(), const std::string& partner_id = "partner-a") {
    const auto context = NewContext();
    if (deadline != absl::InfiniteDuration()) context->set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    v1::SubmitOrderRequest request;
    request.set_partner_id(partner_id);
    request.set_raw_payload(script);
    common::v1::OrderVerdict ignored;
    const auto status = stub_->SubmitOrder(context.get(), request, verdict != nullptr ? verdict : &ignored);
    KeepCounts(*context);
    return rpc::FromGrpc(status);
  }
  absl::Status SubmitFor(const std::string& partner_id, const std::string& script = "created") {
    return Submit(script, nullptr, absl::InfiniteDuration(), partner_id);
  }

  absl::Status SubmitBatch(const std::vector<std::string>& scripts, v1::BatchSubmitOrdersResponse* response,
                           const std::string& partner_id = "partner-a") {
    const auto context = NewContext();
    v1::BatchSubmitOrdersRequest request;
    request.set_partner_id(partner_id);
    for (const auto& script : scripts) request.add_orders()->set_raw_payload(script);
    const auto status = stub_->BatchSubmitOrders(context.get(), request, response);
    KeepCounts(*context);
    return rpc::FromGrpc(status);
  }

  // A message whose orders have the tags 1, 2 and so on.
  static v1::StreamOrdersRequest Message(const std::string& partner_id, const std::vector<std::string>& scripts) {
    v1::StreamOrdersRequest request;
    request.set_partner_id(partner_id);
    for (const auto& script : scripts) {
      auto* order = request.add_orders();
      order->set_tag(static_cast<uint64_t>(request.orders_size()));
      order->set_raw_payload(script);
    }
    return request;
  }

  // Sends the messages on one stream and reads to its end: the verdict or the reason of each tag.
  absl::Status Stream(const std::vector<v1::StreamOrdersRequest>& messages,
                      std::map<uint64_t, std::string>* results = nullptr) {
    const auto context = NewContext();
    const auto stream = stub_->StreamOrders(context.get());
    for (const auto& message : messages) stream->Write(message);
    stream->WritesDone();
    v1::StreamOrdersResponse response;
    while (stream->Read(&response)) {
      for (const auto& result : response.results()) {
        if (results == nullptr) continue;
        (*results)[result.tag()] = result.has_verdict()
                                       ? common::v1::OrderVerdict::Verdict_Name(result.verdict().verdict())
                                       : ReasonOf(FromProto(result.status()));
      }
    }
    const auto status = stream->Finish();
    KeepCounts(*context);
    return rpc::FromGrpc(status);
  }

  ScriptedValidation validation_;
  ScriptedPartners partners_;
  LeaseRenewer leases_{partners_.address(), {}, "feed-test"};
  PartnerDirectory directory_;
  std::unique_ptr<rpc::Drain> drain_;
  std::unique_ptr<Inlet> inlet_;
  std::unique_ptr<FeedService> service_;
  std::unique_ptr<RetryService> retries_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::FeedService::Stub> stub_;
  std::unique_ptr<v1::RetryService::Stub> retry_stub_;
  std::string identity_;
  std::string counts_;
};

}  // namespace ordermesh::feed
