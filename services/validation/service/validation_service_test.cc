#include "services/validation/service/validation_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <map>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/rpc/server.h"
#include "services/validation/domain/test_support.h"
#include "services/validation/service/scripted_stores.h"

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

class ValidationServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Know({Record("partner-a", 12), Record("partner-b", 3)});
    Start({stores_.address()});
  }

  // A partner with the config that ships under its name.
  static partners::v1::PartnerRecord Record(const std::string& partner_id, int32_t version) {
    partners::v1::PartnerRecord record;
    record.mutable_partner()->set_partner_id(partner_id);
    record.mutable_partner()->set_error_ttl_days(30);
    record.mutable_config()->set_version(version);
    *record.mutable_config()->mutable_files() = ShippedFolder(partner_id);
    return record;
  }

  void Know(const std::vector<partners::v1::PartnerRecord>& records) {
    rpc::PartnerMap map;
    for (const auto& record : records) {
      map[record.partner().partner_id()] = std::make_shared<partners::v1::PartnerRecord>(record);
    }
    plans_.Update(map);
  }

  void Start(const std::vector<std::string>& error_stores) {
    server_ = nullptr;
    drain_ = std::make_unique<rpc::Drain>();
    router_ = std::make_unique<Router>(RouterOptions{{stores_.address()}, error_stores, {}, {}});
    service_ = std::make_unique<ValidationService>(plans_, *router_, pool_, *drain_, TestFaults{});
    rpc::ServerConfig config;
    config.tls.insecure = true;
    auto server = rpc::Server::Start(config, "validation", {service_.get()}, *drain_);
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
  PlanRegistry plans_;
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
  EXPECT_EQ(stores_.items[0].raw_sha256(), Sha256(kGood));
  const order::v1::Order order = ScriptedStores::OrderOf(stores_.items[0]);
  EXPECT_EQ(order.raw_payload(), kGood);
  EXPECT_EQ(order.mapping_version(), 12);
  EXPECT_EQ(order.net_amount().units(), 161);
  EXPECT_EQ(order.net_amount().nanos(), 946'000'000);
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
  EXPECT_EQ(kept.error().mapping_version(), 12);
  EXPECT_EQ(kept.ttl_days(), 30);
  EXPECT_EQ(kept.error().external_order_id(), "ORD-1");
  EXPECT_EQ(kept.error().received_time().seconds(), 1'700'000'000);
  EXPECT_EQ(kept.error().received_time().nanos(), 123'000'000);

  std::string known = With("\"quantity\": 5", "\"quantity\": -1");
  known.replace(known.find("ORD-1"), 5, "KNOWN");
  result = ExchangeOne(known);
  EXPECT_EQ(result.verdict().verdict(), OrderVerdict::REPLAYED);
  EXPECT_THAT(stores_.errors.kept, SizeIs(1));
}

// An attempt whose answer was lost may have stored the order. Where the rules have become stricter before the next
// attempt, the error is still resolved by that order.
TEST_F(ValidationServiceTest, ARetryThatIsRejectedByNowIsTheOrderThatAnEarlierAttemptStored) {
  v1::ValidateOrdersRequest request;
  const std::string rejected = With("\"quantity\": 5", "\"quantity\": -1");
  Add(request, "partner-a", rejected)->set_retry(true);
  std::string stored = rejected;
  stored.replace(stored.find("ORD-1"), 5, "KNOWN");
  Add(request, "partner-a", stored)->set_retry(true);
  auto results = Exchange(request);
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_EQ(results[1].verdict().verdict(), OrderVerdict::REJECTED);
  EXPECT_THAT(results[1].verdict().error_id(), IsEmpty());
  EXPECT_EQ(results[2].verdict().verdict(), OrderVerdict::REPLAYED);
  EXPECT_THAT(stores_.errors.kept, IsEmpty());
}

TEST_F(ValidationServiceTest, AnUnreadablePayloadIsKeptWithoutAsking) {
  const auto result = ExchangeOne("{\"externalOrderId\": ");
  EXPECT_EQ(result.verdict().violations(0).code(), Violation::UNREADABLE);
  EXPECT_THAT(stores_.items, IsEmpty());
  ASSERT_THAT(stores_.errors.kept, SizeIs(1));
  EXPECT_EQ(stores_.errors.kept[0].error().raw_payload(), "{\"externalOrderId\": ");
  EXPECT_EQ(stores_.errors.kept[0].ttl_days(), 30);
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
    EXPECT_EQ(stores_.errors.kept.back().error().mapping_version(), 12);
    EXPECT_EQ(stores_.errors.kept.back().ttl_days(), 30);
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
  order::v1::Order typed;
  typed.set_external_order_id("T-1");
  Add(request, "partner-a", "")->set_order(typed.SerializeAsString());
  Add(request, "partner-a", "")->set_order("no order");
  auto* damaged = Add(request, "partner-a", "");
  damaged->set_order("no order");
  damaged->set_park(true);
  auto results = Exchange(request);
  ASSERT_THAT(results, SizeIs(7));
  EXPECT_EQ(results[1].verdict().verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(ReasonOf(FromProto(results[2].status())), "CONFIG_NOT_READY");
  EXPECT_EQ(results[3].verdict().violations(0).code(), Violation::UNREADABLE);
  EXPECT_EQ(results[4].verdict().violations(0).code(), Violation::POISON);
  EXPECT_EQ(results[5].verdict().verdict(), OrderVerdict::REJECTED);
  for (const uint64_t tag : {6, 7}) {
    EXPECT_EQ(FromProto(results[tag].status()).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(results[tag].status().message(), HasSubstr("order: is no serialized order"));
  }
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
  Add(request, "partner-a", "")->set_order(mapped.order().SerializeAsString());
  const auto results = Exchange(request);
  EXPECT_EQ(results.at(1).verdict().verdict(), OrderVerdict::CREATED);
  ASSERT_THAT(stores_.items, SizeIs(1));
  EXPECT_THAT(stores_.items[0].raw_sha256(), IsEmpty());
  EXPECT_EQ(ScriptedStores::OrderOf(stores_.items[0]).gross_amount().units(), 149);
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

TEST_F(ValidationServiceTest, ABatchOfDryRunsIsAnsweredInItsOrder) {
  v1::BatchDryRunRequest request;
  for (const std::string& payload : {std::string(kGood), With("\"quantity\": 5", "\"quantity\": -1")}) {
    request.add_requests()->set_partner_id("partner-a");
    request.mutable_requests()->rbegin()->set_raw_payload(payload);
  }
  v1::BatchDryRunResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->BatchDryRun(&context, request, &response).ok());
  ASSERT_THAT(response.responses(), SizeIs(2));
  EXPECT_EQ(response.responses(0).order().external_order_id(), "ORD-1");
  EXPECT_EQ(response.responses(1).violations(0).field(), "quantity");
  for (int i = 0; i < 64; ++i) *request.add_requests() = request.requests(0);
  for (const auto& refused : {v1::BatchDryRunRequest(), request}) {
    grpc::ClientContext again;
    EXPECT_EQ(stub_->BatchDryRun(&again, refused, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_THAT(stores_.items, IsEmpty());
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

TEST_F(ValidationServiceTest, CheckMappingSaysWhatTheMappingMeansAndKeepsTheExternalId) {
  v1::CheckMappingRequest request;
  v1::CheckMappingResponse response;
  request.set_partner_id("partner-a");
  *request.mutable_files() = ShippedFolder("partner-a");
  *request.mutable_live_files() = ShippedFolder("partner-a");
  grpc::ClientContext same, other;
  ASSERT_TRUE(stub_->CheckMapping(&same, request, &response).ok());
  EXPECT_TRUE(response.ok()) << response.ShortDebugString();
  EXPECT_TRUE(response.numbered());
  EXPECT_EQ(response.rounding(), "");
  *request.mutable_live_files() = ShippedFolder("partner-b");
  ASSERT_TRUE(stub_->CheckMapping(&other, request, &response).ok());
  EXPECT_FALSE(response.ok());
  ASSERT_THAT(response.problems(), SizeIs(1));
  EXPECT_THAT(response.problems(0).message(), HasSubstr("externalOrderId must come from the same place"));
}

TEST_F(ValidationServiceTest, DraftsFromTheLiveVersionOnly) {
  const auto draft = [this](const v1::DraftMappingRequest& request, v1::DraftMappingResponse* response) {
    grpc::ClientContext context;
    return rpc::FromGrpc(stub_->DraftMapping(&context, request, response));
  };
  v1::DraftMappingRequest request;
  v1::DraftMappingResponse response;
  request.set_partner_id("partner-a");
  auto* set = request.mutable_patch()->add_operations()->mutable_set();
  set->set_path("customerId");
  set->set_value("\"HOUSE\"");
  request.add_trials()->set_raw_payload(kGood);
  ASSERT_TRUE(draft(request, &response).ok());
  EXPECT_EQ(response.base_version(), 12);
  EXPECT_TRUE(response.results(0).passes());
  EXPECT_THAT(response.files(0).unified_diff(), HasSubstr("+  customerId: {from: customerId, default: HOUSE}\n"));
  request.set_base_version(12);
  EXPECT_TRUE(draft(request, &response).ok());
  Know({Record("partner-a", 13)});
  EXPECT_EQ(ReasonOf(draft(request, &response)), "CONFIG_MOVED");
  request.set_base_version(0);
  set->set_path("externalOrderId");
  EXPECT_EQ(ReasonOf(draft(request, &response)), "NOT_EXPRESSIBLE");
  for (int i = 0; i < 1'000; ++i) request.add_trials();
  EXPECT_THAT(std::string(draft(request, &response).message()), HasSubstr("at most 1000"));
  request.set_partner_id("nobody");
  request.clear_trials();
  EXPECT_EQ(ReasonOf(draft(request, &response)), "UNKNOWN_PARTNER");
}

TEST_F(ValidationServiceTest, ANewConfigIsLiveForTheNextMessage) {
  EXPECT_EQ(ExchangeOne(kGood).verdict().verdict(), OrderVerdict::CREATED);
  Know({Record("partner-a", 13)});
  EXPECT_EQ(ExchangeOne(kGood).verdict().verdict(), OrderVerdict::CREATED);
  ASSERT_THAT(stores_.items, SizeIs(2));
  EXPECT_EQ(ScriptedStores::OrderOf(stores_.items[0]).mapping_version(), 12);
  EXPECT_EQ(ScriptedStores::OrderOf(stores_.items[1]).mapping_version(), 13);
}

class UnknownPartnersTest : public ValidationServiceTest {
 protected:
  void SetUp() override { Start({stores_.address()}); }
};

TEST_F(UnknownPartnersTest, OrdersWaitAndMappingsCanBeChecked) {
  const absl::Status status = FromProto(ExchangeOne(kGood).status());
  EXPECT_EQ(ReasonOf(status), "PARTNERS_UNKNOWN");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(RetryDelayOf(status).has_value());
  v1::DryRunRequest dry_run;
  v1::DryRunResponse ignored;
  dry_run.set_partner_id("partner-a");
  dry_run.set_raw_payload(kGood);
  grpc::ClientContext dry_context, check_context;
  EXPECT_EQ(ReasonOf(rpc::FromGrpc(stub_->DryRun(&dry_context, dry_run, &ignored))), "PARTNERS_UNKNOWN");
  v1::CheckMappingRequest check;
  v1::CheckMappingResponse checked;
  check.set_partner_id("partner-a");
  *check.mutable_files() = ShippedFolder("partner-a");
  ASSERT_TRUE(stub_->CheckMapping(&check_context, check, &checked).ok());
  EXPECT_TRUE(checked.ok());
}

}  // namespace
}  // namespace ordermesh::validation
