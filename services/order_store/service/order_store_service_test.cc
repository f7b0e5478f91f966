// The two services of the order-store over a real channel.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/kv/memory_kv.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/watch_stream.h"
#include "services/order_store/service/commit_service.h"
#include "services/order_store/service/order_service.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/testing/orders.h"

namespace ordermesh::order_store {
namespace {

using common::v1::OrderVerdict;
using order::v1::CommitOrdersRequest;
using order::v1::CommitOrdersResponse;
using order::v1::CommitResult;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr uint32_t kShard = 3;
constexpr int64_t kNow = 1'768'473'061'000'000'000;

class OrderStoreServiceTest : public testing::Test {
 protected:
  OrderStoreServiceTest() {
    std::string pattern = testing::TempDir() + "/orderserviceXXXXXX";
    directory_ = mkdtemp(pattern.data());
    StoreOptions options;
    options.shard = kShard;
    options.mark_path = directory_ + "/mark";
    options.clock = [] { return kNow; };
    options.on_commit = [this] { hub_.Notify(); };
    store_ = *OrderStore::Open(kv::NewMemoryKv(kFamilies), nullptr, options);
    commits_ = std::make_unique<CommitService>(*store_, drain_);
    orders_ = std::make_unique<OrderService>(*store_, hub_, drain_);
    rpc::ServerConfig config;
    config.drain_seconds = 1;
    config.tls.insecure = true;
    server_ = *rpc::Server::Start(config, "order-store", {commits_.get(), orders_.get()}, drain_);
    const auto channel =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials());
    commit_stub_ = order::v1::OrderCommitService::NewStub(channel);
    order_stub_ = order::v1::OrderService::NewStub(channel);
  }
  ~OrderStoreServiceTest() override {
    server_.reset();
    orders_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  // Sends one message on a stream of its own and gives the answers by tag, and the status of the stream.
  std::pair<std::vector<CommitResult>, absl::Status> Commit(const CommitOrdersRequest& request) {
    grpc::ClientContext context;
    const auto stream = commit_stub_->CommitOrders(&context);
    stream->Write(request);
    stream->WritesDone();
    std::vector<CommitResult> results(static_cast<size_t>(request.items_size()));
    CommitOrdersResponse response;
    while (stream->Read(&response)) {
      for (const CommitResult& result : response.results()) results[result.tag() - 1] = result;
    }
    return {results, rpc::FromGrpc(stream->Finish())};
  }
  std::string Create(const std::string& external_order_id) {
    CommitOrdersRequest request;
    AddOrder(request, ++ingest_, MakeOrder(external_order_id), "raw of " + external_order_id);
    return Commit(request).first[0].verdict().order_id();
  }
  void CreateFor(const std::string& partner_id, const std::string& external_order_id) {
    auto order = MakeOrder(external_order_id);
    order.set_partner_id(partner_id);
    CommitOrdersRequest request;
    AddOrder(request, ++ingest_, order);
    Commit(request);
  }
  // What the gateway says of the caller; empty: the operator.
  static void SpeakFor(const std::string& partner_id, grpc::ClientContext& context) {
    rpc::Identity identity;
    identity.set_role(partner_id.empty() ? rpc::Identity::OPERATOR : rpc::Identity::PARTNER);
    identity.set_partner_id(partner_id);
    context.AddMetadata(rpc::kIdentityMetadata, identity.SerializeAsString());
  }
  absl::StatusOr<order::v1::ListOrdersResponse> ListAs(const std::string& caller, const std::string& filter,
                                                       const std::string& token = "", int page_size = 0) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    order::v1::ListOrdersRequest request;
    request.set_partner_id(filter);
    request.set_page_token(token);
    request.set_page_size(page_size);
    order::v1::ListOrdersResponse list;
    const absl::Status status = rpc::FromGrpc(order_stub_->ListOrders(&context, request, &list));
    if (!status.ok()) return status;
    return list;
  }
  absl::StatusOr<order::v1::OrderStats> StatsAs(const std::string& caller, const std::string& filter) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    order::v1::GetOrderStatsRequest request;
    request.set_partner_id(filter);
    request.set_include_hours(true);
    order::v1::OrderStats stats;
    const absl::Status status = rpc::FromGrpc(order_stub_->GetOrderStats(&context, request, &stats));
    if (!status.ok()) return status;
    return stats;
  }
  // The bytes of the whole answer, so that nothing can tell one id from another.
  std::string RefusalOf(const std::string& caller, const std::string& id) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    order::v1::GetOrderRequest request;
    request.set_id(id);
    order::v1::Order order;
    const grpc::Status status = order_stub_->GetOrder(&context, request, &order);
    return absl::StrCat(status.error_code(), status.error_message(), status.error_details(), order.ShortDebugString());
  }
  // The same of the order's deliveries.
  std::string DeliveriesAs(const std::string& caller, const std::string& id) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    order::v1::ListOrderDeliveriesRequest request;
    request.set_order_id(id);
    order::v1::ListOrderDeliveriesResponse list;
    const grpc::Status status = order_stub_->ListOrderDeliveries(&context, request, &list);
    return absl::StrCat(status.error_code(), status.error_message(), status.error_details(), list.ShortDebugString());
  }
  absl::StatusOr<order::v1::Order> Get(const std::string& id) {
    grpc::ClientContext context;
    order::v1::GetOrderRequest request;
    request.set_id(id);
    order::v1::Order order;
    const absl::Status status = rpc::FromGrpc(order_stub_->GetOrder(&context, request, &order));
    if (!status.ok()) return status;
    return order;
  }

  std::string directory_;
  uint64_t ingest_ = 1'000;
  rpc::Drain drain_;
  rpc::WatchHub hub_;
  std::unique_ptr<OrderStore> store_;
  std::unique_ptr<CommitService> commits_;
  std::unique_ptr<OrderService> orders_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<order::v1::OrderCommitService::Stub> commit_stub_;
  std::unique_ptr<order::v1::OrderService::Stub> order_stub_;
};

TEST_F(OrderStoreServiceTest, AnswersEachItemWithItsVerdict) {
  Create("held");
  CommitOrdersRequest request;
  AddOrder(request, 1, MakeOrder("new"));
  AddOrder(request, 2, MakeOrder("held"));
  auto conflicting = MakeOrder("held");
  conflicting.set_customer_id("CUST-002");
  AddOrder(request, 3, conflicting);
  AddOrder(request, 4, MakeOrder("numbered", 7));
  AddOrder(request, 5, MakeOrder("numbered again", 7));
  AddQuestion(request, 6, "unknown", "raw");
  AddItem(request, 7);
  const auto [results, status] = Commit(request);
  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(results[0].verdict().verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(results[0].verdict().order_id(), MakeOrderId({kShard, 2}).ToString());
  EXPECT_EQ(results[1].verdict().verdict(), OrderVerdict::REPLAYED);
  EXPECT_EQ(results[1].verdict().order_id(), MakeOrderId({kShard, 1}).ToString());
  EXPECT_EQ(results[2].verdict().verdict(), OrderVerdict::CONFLICT);
  ASSERT_THAT(results[2].verdict().violations(), SizeIs(1));
  EXPECT_EQ(results[2].verdict().violations(0).field(), "customerId");
  EXPECT_EQ(results[3].verdict().verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(results[4].verdict().verdict(), OrderVerdict::SEQUENCE_REUSED);
  EXPECT_EQ(results[4].verdict().order_id(), "");
  EXPECT_TRUE(results[5].not_a_replay());
  EXPECT_EQ(results[6].status().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
}

TEST_F(OrderStoreServiceTest, EndsTheStreamForAnEmptyMessage) {
  EXPECT_EQ(Commit(CommitOrdersRequest()).second.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(OrderStoreServiceTest, ReturnsAnOrderWithItsRawPayload) {
  const auto order = Get(Create("ORD-1"));
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->external_order_id(), "ORD-1");
  EXPECT_EQ(order->raw_payload(), "raw of ORD-1");
  EXPECT_EQ(order->received_time().seconds(), kReceivedMs / 1'000);
  EXPECT_EQ(order->processed_at().seconds(), kNow / 1'000'000'000);
}

TEST_F(OrderStoreServiceTest, AnswersAMissingAMalformedAndAForeignIdAlike) {
  Create("ORD-1");
  const absl::Status missing = Get(MakeOrderId({kShard, 99}).ToString()).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("nonsense").status(), missing);
  EXPECT_EQ(Get(MakeOrderId({kShard + 1, 1}).ToString()).status(), missing);
}

TEST_F(OrderStoreServiceTest, AForeignIdLooksExactlyLikeAMissingOne) {
  const std::string id = Create("ORD-1");
  const std::string missing = RefusalOf("partner-b", MakeOrderId({kShard, 99}).ToString());
  EXPECT_EQ(RefusalOf("partner-b", id), missing);
  EXPECT_EQ(RefusalOf("partner-b", "nonsense"), missing);
  EXPECT_EQ(RefusalOf("partner-b", ""), missing);
  for (const std::string caller : {"partner-a", ""}) EXPECT_NE(RefusalOf(caller, id), missing);
}

TEST_F(OrderStoreServiceTest, DeliveriesAreSeenByThoseWhoSeeTheOrder) {
  const std::string id = Create("ORD-1");
  const std::string missing = RefusalOf("partner-b", MakeOrderId({kShard, 99}).ToString());
  for (const std::string& none : {id, std::string("nonsense"), std::string()}) {
    EXPECT_EQ(DeliveriesAs("partner-b", none), missing);
  }
  for (const std::string caller : {"partner-a", ""}) {
    EXPECT_THAT(DeliveriesAs(caller, id), ::testing::HasSubstr("verdict: CREATED"));
  }
}

TEST_F(OrderStoreServiceTest, APartnerListsAndCountsItsOwnOnly) {
  CreateFor("partner-a", "A-1");
  CreateFor("partner-b", "B-1");
  CreateFor("partner-b", "B-2");
  EXPECT_THAT(ListAs("", "")->orders(), SizeIs(3));
  EXPECT_THAT(ListAs("", "partner-a")->orders(), SizeIs(1));
  for (const std::string filter : {"", "partner-b"}) {
    EXPECT_THAT(ListAs("partner-b", filter)->orders(), SizeIs(2));
    const auto stats = StatsAs("partner-b", filter);
    ASSERT_TRUE(stats.ok()) << stats.status();
    EXPECT_EQ(stats->total_count(), 2);
    ASSERT_THAT(stats->partners(), SizeIs(1));
    EXPECT_EQ(stats->partners(0).partner_id(), "partner-b");
    for (const auto& hour : stats->hours()) EXPECT_EQ(hour.partner().partner_id(), "partner-b");
  }
  for (const std::string filter : {"partner-a", "nobody", "Not An Id"}) {
    EXPECT_EQ(ReasonOf(ListAs("partner-b", filter).status()), "NOT_YOUR_PARTNER") << filter;
    EXPECT_EQ(StatsAs("partner-b", filter).status().code(), absl::StatusCode::kPermissionDenied) << filter;
  }
}

TEST_F(OrderStoreServiceTest, APageTokenCarriesNoAuthority) {
  for (const std::string partner : {"partner-a", "partner-b"}) {
    CreateFor(partner, partner + "-1");
    CreateFor(partner, partner + "-2");
  }
  const auto of_all = ListAs("", "", "", 1);
  const auto of_a = ListAs("partner-a", "", "", 1);
  ASSERT_FALSE(of_all->next_page_token().empty());
  ASSERT_FALSE(of_a->next_page_token().empty());
  EXPECT_EQ(ListAs("partner-b", "", of_all->next_page_token()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ListAs("partner-b", "", of_a->next_page_token()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(ListAs("partner-b", "partner-a", of_a->next_page_token()).status()), "NOT_YOUR_PARTNER");
  const auto rest = ListAs("partner-a", "partner-a", of_a->next_page_token());
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_THAT(rest->orders(), SizeIs(1));
  EXPECT_EQ(rest->orders(0).external_order_id(), "partner-a-1");
}

TEST_F(OrderStoreServiceTest, APartnersWatchPassesOverTheOthers) {
  CreateFor("partner-a", "A-1");
  CreateFor("partner-b", "B-1");
  CreateFor("partner-a", "A-2");
  grpc::ClientContext context, foreign_context;
  SpeakFor("partner-b", context);
  SpeakFor("partner-b", foreign_context);
  order::v1::WatchOrdersRequest request;
  const auto stream = order_stub_->WatchOrders(&context, request);
  order::v1::WatchOrdersResponse response;
  std::vector<std::string> seen;
  while (response.position() < 3 && stream->Read(&response)) {
    for (const auto& watched : response.orders()) seen.push_back(watched.order().external_order_id());
  }
  EXPECT_EQ(response.position(), 3);
  EXPECT_THAT(seen, ElementsAre("B-1"));
  context.TryCancel();
  request.set_partner_id("partner-a");
  const auto foreign = order_stub_->WatchOrders(&foreign_context, request);
  EXPECT_FALSE(foreign->Read(&response));
  EXPECT_EQ(ReasonOf(rpc::FromGrpc(foreign->Finish())), "NOT_YOUR_PARTNER");
}

TEST_F(OrderStoreServiceTest, ListsAndCounts) {
  Create("ORD-1");
  Create("ORD-2");
  grpc::ClientContext list_context;
  order::v1::ListOrdersResponse list;
  ASSERT_TRUE(order_stub_->ListOrders(&list_context, order::v1::ListOrdersRequest(), &list).ok());
  ASSERT_THAT(list.orders(), SizeIs(2));
  EXPECT_EQ(list.orders(0).external_order_id(), "ORD-2");
  EXPECT_EQ(list.orders(0).raw_payload(), "");
  grpc::ClientContext stats_context;
  order::v1::OrderStats stats;
  ASSERT_TRUE(order_stub_->GetOrderStats(&stats_context, order::v1::GetOrderStatsRequest(), &stats).ok());
  EXPECT_EQ(stats.total_count(), 2);
  ASSERT_THAT(stats.partners(), SizeIs(1));
  EXPECT_EQ(stats.partners(0).amounts(0).net_amount().units(), 323);
  EXPECT_EQ(stats.partners(0).amounts(0).net_amount().nanos(), 892'000'000);
}

TEST_F(OrderStoreServiceTest, WatchesStoredOrdersThenLiveOnes) {
  Create("stored");
  grpc::ClientContext context;
  const auto stream = order_stub_->WatchOrders(&context, order::v1::WatchOrdersRequest());
  order::v1::WatchOrdersResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.position(), 1);
  Create("live");
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_THAT(response.orders(), SizeIs(1));
  EXPECT_EQ(response.orders(0).position(), 2);
  EXPECT_EQ(response.orders(0).order().external_order_id(), "live");
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(OrderStoreServiceTest, RefusesAWatchPastTheEnd) {
  grpc::ClientContext context;
  order::v1::WatchOrdersRequest request;
  request.set_after_position(1);
  const auto stream = order_stub_->WatchOrders(&context, request);
  order::v1::WatchOrdersResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(OrderStoreServiceTest, EndsWatchesWhenItDrains) {
  grpc::ClientContext context;
  const auto stream = order_stub_->WatchOrders(&context, order::v1::WatchOrdersRequest());
  stream->WaitForInitialMetadata();
  server_->Shutdown();
  order::v1::WatchOrdersResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(rpc::IsDraining(rpc::FromGrpc(stream->Finish())));
}

TEST_F(OrderStoreServiceTest, AuditsWithProgressAndReport) {
  Create("ORD-1");
  grpc::ClientContext context;
  common::v1::AuditRequest request;
  request.set_rebuild(true);
  const auto stream = order_stub_->AuditOrders(&context, request);
  common::v1::AuditResponse response, last;
  while (stream->Read(&response)) last = response;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(last.report().ok());
  EXPECT_TRUE(last.report().rebuilt());
  EXPECT_EQ(last.report().shard(), static_cast<int>(kShard));
  EXPECT_EQ(last.report().rows(), 1);
  EXPECT_THAT(last.report().problems(), SizeIs(0));
}

}  // namespace
}  // namespace ordermesh::order_store
