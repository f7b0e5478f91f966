#include "services/feed/service/feed_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/rpc/server.h"

namespace ordermesh::feed {
namespace {

using common::v1::OrderVerdict;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

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
      OrderVerdict::Verdict verdict = OrderVerdict::CREATED;
      if (script == "conflict") verdict = OrderVerdict::CONFLICT;
      if (script == "rejected") verdict = OrderVerdict::REJECTED;
      if (script == "reused") verdict = OrderVerdict::SEQUENCE_REUSED;
      if (script == "replayed") verdict = OrderVerdict::REPLAYED;
      result->mutable_verdict()->set_verdict(verdict);
      result->mutable_verdict()->set_order_id(inbound.order().external_order_id());
    }
    stream.Send(std::move(response));
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

class FeedServiceTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(absl::Seconds(20)); }

  void Start(absl::Duration deadline) {
    server_ = nullptr;
    drain_ = std::make_unique<rpc::Drain>();
    inlet_ = std::make_unique<Inlet>(InletOptions{{validation_.address()}, deadline});
    service_ = std::make_unique<FeedService>(*inlet_, *drain_);
    auto server = rpc::Server::Start({}, "feed", {service_.get()}, *drain_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::FeedService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()), grpc::InsecureChannelCredentials()));
  }

  absl::Status Submit(const std::string& script, OrderVerdict* verdict = nullptr,
                      absl::Duration deadline = absl::InfiniteDuration()) {
    grpc::ClientContext context;
    context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    if (deadline != absl::InfiniteDuration()) context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    v1::SubmitOrderRequest request;
    request.set_partner_id("partner-a");
    request.set_raw_payload(script);
    OrderVerdict ignored;
    return rpc::FromGrpc(stub_->SubmitOrder(&context, request, verdict != nullptr ? verdict : &ignored));
  }

  absl::Status SubmitBatch(const std::vector<std::string>& scripts, v1::BatchSubmitOrdersResponse* response) {
    grpc::ClientContext context;
    v1::BatchSubmitOrdersRequest request;
    request.set_partner_id("partner-a");
    for (const auto& script : scripts) request.add_orders()->set_raw_payload(script);
    return rpc::FromGrpc(stub_->BatchSubmitOrders(&context, request, response));
  }

  ScriptedValidation validation_;
  std::unique_ptr<rpc::Drain> drain_;
  std::unique_ptr<Inlet> inlet_;
  std::unique_ptr<FeedService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::FeedService::Stub> stub_;
};

TEST_F(FeedServiceTest, AnswersOneOrderWithItsVerdict) {
  OrderVerdict verdict;
  ASSERT_TRUE(Submit("conflict", &verdict).ok());
  EXPECT_EQ(verdict.verdict(), OrderVerdict::CONFLICT);
  const auto deliveries = validation_.Deliveries();
  ASSERT_THAT(deliveries, SizeIs(1));
  EXPECT_EQ(deliveries[0].partner_id, "partner-a");
  EXPECT_THAT(deliveries[0].traceparent, StartsWith("00-0af7"));
  EXPECT_LT(absl::AbsDuration(absl::FromUnixMillis(UnixMsOf(deliveries[0].ingest_id)) - absl::Now()), absl::Minutes(1));
}

TEST_F(FeedServiceTest, PassesOnWhatHasNoVerdict) { EXPECT_EQ(ReasonOf(Submit("unknown")), "UNKNOWN_PARTNER"); }

TEST_F(FeedServiceTest, RetriesInsideWithTheSameIngestId) {
  OrderVerdict verdict;
  ASSERT_TRUE(Submit("away", &verdict).ok());
  EXPECT_EQ(verdict.verdict(), OrderVerdict::CREATED);
  const auto deliveries = validation_.Deliveries();
  ASSERT_THAT(deliveries, SizeIs(2));
  EXPECT_EQ(deliveries[0].ingest_id, deliveries[1].ingest_id);
}

TEST_F(FeedServiceTest, SaysUnavailableBeforeTheClientsDeadline) {
  const absl::Status status = Submit("silent", nullptr, absl::Milliseconds(300));
  EXPECT_EQ(ReasonOf(status), "NO_VERDICT");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(RetryDelayOf(status).has_value());
}

TEST_F(FeedServiceTest, SaysUnavailableAtItsOwnDeadline) {
  Start(absl::Milliseconds(100));
  EXPECT_EQ(ReasonOf(Submit("silent")), "NO_VERDICT");
}

TEST_F(FeedServiceTest, RefusesBadRequestsByField) {
  grpc::ClientContext no_partner, no_content, empty_batch, bad_item;
  OrderVerdict verdict;
  v1::BatchSubmitOrdersResponse response;
  v1::SubmitOrderRequest request;
  EXPECT_THAT(stub_->SubmitOrder(&no_partner, request, &verdict).error_message(), StartsWith("partner_id"));
  request.set_partner_id("partner-a");
  EXPECT_THAT(stub_->SubmitOrder(&no_content, request, &verdict).error_message(), StartsWith("content"));
  v1::BatchSubmitOrdersRequest batch;
  batch.set_partner_id("partner-a");
  EXPECT_THAT(stub_->BatchSubmitOrders(&empty_batch, batch, &response).error_message(), StartsWith("orders"));
  batch.add_orders()->set_raw_payload("created");
  batch.add_orders();
  EXPECT_THAT(stub_->BatchSubmitOrders(&bad_item, batch, &response).error_message(), StartsWith("orders[1]: content"));
  EXPECT_THAT(validation_.Deliveries(), SizeIs(0));
}

TEST_F(FeedServiceTest, ABatchIsAnsweredInTheOrderSent) {
  v1::BatchSubmitOrdersResponse response;
  ASSERT_TRUE(SubmitBatch({"created", "conflict", "rejected", "reused", "replayed", "created"}, &response).ok());
  std::vector<OrderVerdict::Verdict> verdicts;
  for (const auto& result : response.results()) verdicts.push_back(result.verdict());
  EXPECT_THAT(verdicts, ElementsAre(OrderVerdict::CREATED, OrderVerdict::CONFLICT, OrderVerdict::REJECTED,
                                    OrderVerdict::SEQUENCE_REUSED, OrderVerdict::REPLAYED, OrderVerdict::CREATED));
  EXPECT_EQ(response.summary().received(), 6);
  EXPECT_EQ(response.summary().created(), 2);
  EXPECT_EQ(response.summary().conflicts(), 1);
  EXPECT_EQ(response.summary().rejected(), 1);
  EXPECT_EQ(response.summary().sequence_reused(), 1);
  EXPECT_EQ(response.summary().replayed(), 1);
}

TEST_F(FeedServiceTest, ABatchWithoutAVerdictFailsAsAWhole) {
  Start(absl::Milliseconds(200));
  v1::BatchSubmitOrdersResponse response;
  EXPECT_EQ(SubmitBatch({"created", "silent"}, &response).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(SubmitBatch({"unknown", "created"}, &response)), "UNKNOWN_PARTNER");
}

TEST_F(FeedServiceTest, AStreamAnswersByTagAndGoesOnAfterAStatus) {
  Start(absl::Milliseconds(300));
  grpc::ClientContext context;
  auto stream = stub_->StreamOrders(&context);
  v1::StreamOrdersRequest request;
  request.set_partner_id("partner-a");
  for (const char* script : {"created", "silent", "unknown", "away", "rejected"}) {
    auto* order = request.add_orders();
    order->set_tag(100 + static_cast<uint64_t>(request.orders_size()));
    order->set_raw_payload(script);
  }
  request.add_orders()->set_tag(200);
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->WritesDone());
  std::map<uint64_t, std::string> results;
  v1::StreamOrdersResponse response;
  while (stream->Read(&response)) {
    for (const auto& result : response.results()) {
      results[result.tag()] = result.has_verdict() ? OrderVerdict::Verdict_Name(result.verdict().verdict())
                                                   : ReasonOf(FromProto(result.status()));
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(results,
              ElementsAre(std::pair(101, "CREATED"), std::pair(102, "NO_VERDICT"), std::pair(103, "UNKNOWN_PARTNER"),
                          std::pair(104, "PEER_AWAY"), std::pair(105, "REJECTED"), std::pair(200, "INVALID_FIELD")));
}

TEST_F(FeedServiceTest, AStreamEndsForAMessageWithoutOrders) {
  grpc::ClientContext context;
  auto stream = stub_->StreamOrders(&context);
  v1::StreamOrdersRequest request;
  request.set_partner_id("partner-a");
  ASSERT_TRUE(stream->Write(request));
  v1::StreamOrdersResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(FeedServiceTest, EveryOrderGetsAnIngestIdOfItsOwn) {
  v1::BatchSubmitOrdersResponse response;
  ASSERT_TRUE(SubmitBatch(std::vector<std::string>(1'000, "created"), &response).ok());
  std::set<std::string> ids;
  for (const auto& delivery : validation_.Deliveries()) ids.insert(delivery.ingest_id.ToString());
  EXPECT_THAT(ids, SizeIs(1'000));
}

}  // namespace
}  // namespace ordermesh::feed
