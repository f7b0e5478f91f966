#include "services/validation/service/validation_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <map>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/rpc/server.h"

namespace ordermesh::validation {
namespace {

using common::v1::OrderVerdict;
using common::v1::Violation;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kGood[] =
    R"({"externalOrderId": "ORD-1", "sequenceNumber": 1, "productId": "SKU-1", "customerId": "CUST-1", "quantity": 5, )"
    R"("unitPrice": 29.99, "taxRate": 0.08, "currency": "USD", "transactionTime": "2026-01-15T10:30:00.000Z"})";

std::string With(std::string_view from, std::string_view to) {
  std::string payload = kGood;
  return payload.replace(payload.find(from), from.size(), to);
}

// Both stores in this process. What the order-store says of an order is written in its external id.
class ScriptedStores final : public order::v1::OrderCommitService::CallbackService {
 public:
  class Errors final : public error::v1::ErrorCommitService::CallbackService {
   public:
    using Stream = rpc::BatchStream<error::v1::CommitErrorsRequest, error::v1::CommitErrorsResponse>;

    grpc::ServerBidiReactor<error::v1::CommitErrorsRequest, error::v1::CommitErrorsResponse>* CommitErrors(
        grpc::CallbackServerContext*) override {
      Stream::Handler handler;
      handler.count = [](const auto& request) { return static_cast<size_t>(request.items_size()); };
      handler.on_request = [this](const Stream::Ptr& stream, std::unique_ptr<error::v1::CommitErrorsRequest> request) {
        absl::MutexLock lock(&mutex);
        error::v1::CommitErrorsResponse response;
        for (const auto& item : request->items()) {
          kept.push_back(item);
          auto* result = response.add_results();
          result->set_tag(item.tag());
          if (item.error().external_order_id() == "FULL") {
            *result->mutable_status() = ToProto(rpc::Overloaded("the error-store"));
          } else {
            result->mutable_kept()->set_error_id("error-" + std::to_string(kept.size()));
          }
        }
        stream->Send(std::move(response));
        return absl::OkStatus();
      };
      return Stream::Open(std::move(handler), drain);
    }

    rpc::Drain drain;
    absl::Mutex mutex;
    std::vector<error::v1::ErrorCommit> kept;
  };

  using Stream = rpc::BatchStream<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>;

  ScriptedStores() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.RegisterService(&errors);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedStores() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::ServerBidiReactor<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>* CommitOrders(
      grpc::CallbackServerContext*) override {
    Stream::Handler handler;
    handler.count = [](const auto& request) { return static_cast<size_t>(request.items_size()); };
    handler.on_request = [this](const Stream::Ptr& stream, std::unique_ptr<order::v1::CommitOrdersRequest> request) {
      absl::MutexLock lock(&mutex_);
      order::v1::CommitOrdersResponse response;
      for (const auto& item : request->items()) {
        items.push_back(item);
        auto* result = response.add_results();
        result->set_tag(item.tag());
        Decide(item, *result);
      }
      stream->Send(std::move(response));
      return absl::OkStatus();
    };
    return Stream::Open(std::move(handler), drain_);
  }

  static void Decide(const order::v1::CommitItem& item, order::v1::CommitResult& result) {
    const std::string& id = item.has_order() ? item.order().external_order_id() : item.question().external_order_id();
    auto& verdict = *result.mutable_verdict();
    verdict.set_order_id("order-" + id);
    if (item.has_question() && id != "KNOWN") return result.set_not_a_replay(true);
    if (id == "BUSY") {
      *result.mutable_status() = ToProto(rpc::Overloaded("the order-store"));
    } else if (id == "OTHER") {
      verdict.set_verdict(OrderVerdict::CONFLICT);
      verdict.add_violations()->set_code(Violation::DIFFERS);
    } else if (id == "NUMBER") {
      verdict.set_verdict(OrderVerdict::SEQUENCE_REUSED);
      verdict.clear_order_id();
    } else {
      verdict.set_verdict(id == "KNOWN" ? OrderVerdict::REPLAYED : OrderVerdict::CREATED);
    }
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  Errors errors;
  std::vector<order::v1::CommitItem> items;

 private:
  rpc::Drain drain_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
};

class ValidationServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto plans = PlanRegistry::Load("config/partners");
    ASSERT_TRUE(plans.ok()) << plans.status();
    plans_ = std::make_unique<PlanRegistry>(*std::move(plans));
    Start({stores_.address()});
  }

  void Start(const std::vector<std::string>& error_stores) {
    server_ = nullptr;
    drain_ = std::make_unique<rpc::Drain>();
    router_ = std::make_unique<Router>(RouterOptions{{stores_.address()}, error_stores});
    service_ = std::make_unique<ValidationService>(*plans_, *router_, pool_, *drain_, TestFaults{});
    auto server = rpc::Server::Start({}, "validation", {service_.get()}, *drain_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::ValidationService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()), grpc::InsecureChannelCredentials()));
  }

  v1::InboundOrder* Add(v1::ValidateOrdersRequest& request, const std::string& partner_id, const std::string& payload) {
    auto* group = request.add_groups();
    group->set_partner_id(partner_id);
    auto* order = group->add_orders();
    order->set_tag(static_cast<uint64_t>(request.groups_size()));
    const Uuid id = MakeUuidV7(1'700'000'000'123, 1, 2);
    order->set_ingest_id_high(id.high);
    order->set_ingest_id_low(id.low);
    order->set_raw_payload(payload);
    return order;
  }

  // Sends the message and reads every answer; by tag.
  std::map<uint64_t, common::v1::OrderResult> Exchange(const v1::ValidateOrdersRequest& request) {
    grpc::ClientContext context;
    auto stream = stub_->ValidateOrders(&context);
    stream->Write(request);
    stream->WritesDone();
    std::map<uint64_t, common::v1::OrderResult> results;
    v1::ValidateOrdersResponse response;
    while (stream->Read(&response)) {
      for (const auto& result : response.results()) results[result.tag()] = result;
    }
    EXPECT_TRUE(stream->Finish().ok());
    return results;
  }

  common::v1::OrderResult ExchangeOne(const std::string& payload, const std::string& partner_id = "partner-a") {
    v1::ValidateOrdersRequest request;
    Add(request, partner_id, payload);
    auto results = Exchange(request);
    EXPECT_THAT(results, SizeIs(1));
    return results[1];
  }

  ScriptedStores stores_;
  std::unique_ptr<PlanRegistry> plans_;
  WorkerPool pool_{"examine", 2};
  std::unique_ptr<rpc::Drain> drain_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<ValidationService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::ValidationService::Stub> stub_;
};

TEST_F(ValidationServiceTest, AValidOrderGetsTheStoresVerdict) {
  const auto result = ExchangeOne(kGood);
  EXPECT_EQ(result.verdict().verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(result.verdict().order_id(), "order-ORD-1");
  ASSERT_THAT(stores_.items, SizeIs(1));
  const auto& item = stores_.items[0];
  EXPECT_EQ(item.raw_sha256(), Sha256(kGood));
  EXPECT_EQ(item.order().raw_payload(), kGood);
  EXPECT_EQ(item.order().net_amount().units(), 161);
  EXPECT_EQ(item.order().net_amount().nanos(), 946'000'000);
  EXPECT_THAT(stores_.errors.kept, IsEmpty());
}

TEST_F(ValidationServiceTest, ARejectedOrderIsKeptUnlessItIsAReplay) {
  auto result = ExchangeOne(With("\"quantity\": 5", "\"quantity\": -1"));
  EXPECT_EQ(result.verdict().verdict(), OrderVerdict::REJECTED);
  EXPECT_EQ(result.verdict().error_id(), "error-1");
  ASSERT_THAT(result.verdict().violations(), SizeIs(1));
  EXPECT_EQ(result.verdict().violations(0).field(), "quantity");
  ASSERT_THAT(stores_.errors.kept, SizeIs(1));
  const auto& kept = stores_.errors.kept[0];
  EXPECT_EQ(kept.payload_sha256(), Sha256(kept.error().raw_payload()));
  EXPECT_EQ(kept.error().kind(), OrderVerdict::REJECTED);
  EXPECT_EQ(kept.error().external_order_id(), "ORD-1");
  EXPECT_EQ(kept.error().received_time().seconds(), 1'700'000'000);
  EXPECT_EQ(kept.error().received_time().nanos(), 123'000'000);

  std::string known = With("\"quantity\": 5", "\"quantity\": -1");
  known.replace(known.find("ORD-1"), 5, "KNOWN");
  result = ExchangeOne(known);
  EXPECT_EQ(result.verdict().verdict(), OrderVerdict::REPLAYED);
  EXPECT_THAT(stores_.errors.kept, SizeIs(1));
}

TEST_F(ValidationServiceTest, AnUnreadablePayloadIsKeptWithoutAsking) {
  const auto result = ExchangeOne("{\"externalOrderId\": ");
  EXPECT_EQ(result.verdict().violations(0).code(), Violation::UNREADABLE);
  EXPECT_THAT(stores_.items, IsEmpty());
  ASSERT_THAT(stores_.errors.kept, SizeIs(1));
  EXPECT_EQ(stores_.errors.kept[0].error().raw_payload(), "{\"externalOrderId\": ");
}

TEST_F(ValidationServiceTest, WhatTheOrderStoreRefusesIsKeptWithItsPayload) {
  for (const auto& [id, verdict] : std::map<std::string, OrderVerdict::Verdict>{
           {"OTHER", OrderVerdict::CONFLICT}, {"NUMBER", OrderVerdict::SEQUENCE_REUSED}}) {
    const std::string payload = With("ORD-1", id);
    const auto result = ExchangeOne(payload);
    EXPECT_EQ(result.verdict().verdict(), verdict);
    EXPECT_FALSE(result.verdict().error_id().empty());
    EXPECT_EQ(stores_.errors.kept.back().error().raw_payload(), payload);
    EXPECT_EQ(stores_.errors.kept.back().error().kind(), verdict);
    EXPECT_EQ(stores_.errors.kept.back().error().order_id(), result.verdict().order_id());
  }
}

TEST_F(ValidationServiceTest, StatusesOfTheStoresAreWithoutVerdict) {
  EXPECT_EQ(ReasonOf(FromProto(ExchangeOne(With("ORD-1", "BUSY")).status())), "OVERLOADED");
  std::string full = With("\"quantity\": 5", "\"quantity\": -1");
  full.replace(full.find("ORD-1"), 5, "FULL");
  EXPECT_EQ(ReasonOf(FromProto(ExchangeOne(full).status())), "OVERLOADED");
}

TEST_F(ValidationServiceTest, OneMessageMayHoldEverything) {
  v1::ValidateOrdersRequest request;
  Add(request, "partner-a", kGood);
  Add(request, "nobody", kGood);
  Add(request, "partner-a", "[]");
  Add(request, "partner-a", kGood)->set_park(true);
  auto* typed = Add(request, "partner-a", "")->mutable_order();
  typed->set_external_order_id("T-1");
  auto results = Exchange(request);
  ASSERT_THAT(results, SizeIs(5));
  EXPECT_EQ(results[1].verdict().verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(ReasonOf(FromProto(results[2].status())), "UNKNOWN_PARTNER");
  EXPECT_EQ(results[3].verdict().violations(0).code(), Violation::UNREADABLE);
  EXPECT_EQ(results[4].verdict().violations(0).code(), Violation::POISON);
  EXPECT_EQ(results[5].verdict().verdict(), OrderVerdict::REJECTED);
  bool typed_kept = false;
  for (const auto& kept : stores_.errors.kept) typed_kept |= kept.error().order().external_order_id() == "T-1";
  EXPECT_TRUE(typed_kept);
}

TEST_F(ValidationServiceTest, ValidOrdersFlowWhileTheErrorStoreIsAway) {
  Start({"127.0.0.1:1"});
  v1::ValidateOrdersRequest request;
  Add(request, "partner-a", kGood);
  Add(request, "partner-a", "[]");
  auto results = Exchange(request);
  EXPECT_EQ(results[1].verdict().verdict(), OrderVerdict::CREATED);
  const absl::Status status = FromProto(results[2].status());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(RetryDelayOf(status).has_value());
}

TEST_F(ValidationServiceTest, ATypedOrderIsCompletedAndHasNoPayload) {
  v1::DryRunRequest try_out;
  try_out.set_partner_id("partner-a");
  try_out.set_raw_payload(kGood);
  v1::DryRunResponse mapped;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->DryRun(&context, try_out, &mapped).ok());
  v1::ValidateOrdersRequest request;
  Add(request, "partner-a", "")->mutable_order()->CopyFrom(mapped.order());
  const auto results = Exchange(request);
  EXPECT_EQ(results.at(1).verdict().verdict(), OrderVerdict::CREATED);
  ASSERT_THAT(stores_.items, SizeIs(1));
  EXPECT_THAT(stores_.items[0].raw_sha256(), IsEmpty());
  EXPECT_EQ(stores_.items[0].order().gross_amount().units(), 149);
}

TEST_F(ValidationServiceTest, DryRunSaysWhatWouldHappenAndKeepsNothing) {
  const auto dry_run = [this](const v1::DryRunRequest& request, v1::DryRunResponse* response) {
    grpc::ClientContext context;
    return rpc::FromGrpc(stub_->DryRun(&context, request, response));
  };
  v1::DryRunRequest request;
  v1::DryRunResponse response;
  request.set_partner_id("partner-a");
  EXPECT_THAT(std::string(dry_run(request, &response).message()), HasSubstr("content"));
  request.set_raw_payload(With("29.99", "0.1234567891"));
  ASSERT_TRUE(dry_run(request, &response).ok());
  EXPECT_EQ(response.violations(0).code(), Violation::OUT_OF_RANGE);
  EXPECT_FALSE(response.has_order());
  request.set_partner_id("nobody");
  EXPECT_EQ(ReasonOf(dry_run(request, &response)), "UNKNOWN_PARTNER");
  request.add_files()->set_path("mapping.yaml");
  EXPECT_EQ(ReasonOf(dry_run(request, &response)), "BAD_MAPPING");
  EXPECT_THAT(stores_.items, IsEmpty());
  EXPECT_THAT(stores_.errors.kept, IsEmpty());
}

TEST_F(ValidationServiceTest, CheckMappingAnswersFaultsAsAResult) {
  v1::CheckMappingRequest request;
  v1::CheckMappingResponse response;
  request.set_partner_id("partner-a");
  grpc::ClientContext empty, bad;
  EXPECT_EQ(stub_->CheckMapping(&empty, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  auto* file = request.add_files();
  file->set_path("mapping.yaml");
  file->set_content("version: none\n");
  ASSERT_TRUE(stub_->CheckMapping(&bad, request, &response).ok());
  EXPECT_FALSE(response.ok());
  ASSERT_GT(response.problems_size(), 0);
  EXPECT_EQ(response.problems(0).path(), "mapping.yaml");
  EXPECT_GT(response.problems(0).line(), 0);
}

TEST(PlanRegistryTest, AFolderThatDoesNotCompileKeepsTheProcessFromStarting) {
  EXPECT_FALSE(PlanRegistry::Load("no/such/folder").ok());
  const auto empty = PlanRegistry::Load("config/partners/partner-a/examples");
  EXPECT_EQ(ReasonOf(empty.status()), "NO_PARTNERS");
}

}  // namespace
}  // namespace ordermesh::validation
