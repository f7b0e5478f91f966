#include "services/common/rpc/watch_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>

#include "ordermesh/order/v1/order_service.grpc.pb.h"

namespace ordermesh::rpc {
namespace {

using order::v1::WatchOrdersRequest;
using order::v1::WatchOrdersResponse;

// Positions 1 to `end`, one a message.
class CountingService final : public order::v1::OrderService::CallbackService {
 public:
  grpc::ServerWriteReactor<WatchOrdersResponse>* WatchOrders(grpc::CallbackServerContext*,
                                                             const WatchOrdersRequest* request) override {
    return WatchStream<WatchOrdersResponse>::Open(
        hub, pool, drain,
        [this, next = request->after_position()](WatchOrdersResponse* response) mutable -> absl::StatusOr<WatchStep> {
          if (next < 0) return absl::OutOfRangeError("after the end");
          if (next == last) return WatchStep::kEnd;
          if (next >= end.load()) {
            response->set_position(next);
            return WatchStep::kHeartbeat;
          }
          response->set_position(++next);
          return WatchStep::kMessage;
        });
  }

  explicit CountingService(absl::Duration heartbeat = absl::Hours(1)) : hub(heartbeat) {}

  void Advance(int64_t to) {
    end = to;
    hub.Notify();
  }

  WatchHub hub;
  Drain drain;
  WorkerPool pool{"watch", 2};
  std::atomic<int64_t> end{0};
  // The source ends well here.
  int64_t last = 1'000'000;
};

class WatchStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = order::v1::OrderService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }

  void TearDown() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::unique_ptr<grpc::ClientReader<WatchOrdersResponse>> Watch(grpc::ClientContext* context, int64_t after) {
    WatchOrdersRequest request;
    request.set_after_position(after);
    return stub_->WatchOrders(context, request);
  }

  // The position of the next message; -1 at the end.
  int64_t Next(grpc::ClientReader<WatchOrdersResponse>& reader) {
    WatchOrdersResponse response;
    return reader.Read(&response) ? response.position() : -1;
  }

  CountingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<order::v1::OrderService::Stub> stub_;
};

TEST_F(WatchStreamTest, CatchesUpAndThenFollows) {
  service_.end = 3;
  grpc::ClientContext context;
  auto reader = Watch(&context, 1);
  EXPECT_EQ(Next(*reader), 2);
  EXPECT_EQ(Next(*reader), 3);
  service_.Advance(4);
  EXPECT_EQ(Next(*reader), 4);
  context.TryCancel();
}

TEST_F(WatchStreamTest, MissesNothingWhileNewsComeQuickly) {
  grpc::ClientContext context;
  auto reader = Watch(&context, 0);
  std::thread writer([this] {
    for (int i = 1; i <= 5'000; ++i) service_.Advance(i);
  });
  for (int64_t want = 1; want <= 5'000; ++want) ASSERT_EQ(Next(*reader), want);
  writer.join();
  context.TryCancel();
}

TEST_F(WatchStreamTest, EndsWellWhenTheSourceDoes) {
  service_.last = 2;
  service_.end = 5;
  grpc::ClientContext context;
  auto reader = Watch(&context, 1);
  EXPECT_EQ(Next(*reader), 2);
  EXPECT_EQ(Next(*reader), -1);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(WatchStreamTest, EndsWithTheErrorOfTheSource) {
  grpc::ClientContext context;
  auto reader = Watch(&context, -5);
  EXPECT_EQ(Next(*reader), -1);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(WatchStreamTest, EndsWhenTheServerDrains) {
  service_.end = 1;
  grpc::ClientContext context;
  auto reader = Watch(&context, 0);
  EXPECT_EQ(Next(*reader), 1);
  service_.drain.Begin();
  EXPECT_EQ(Next(*reader), -1);
  EXPECT_TRUE(IsDraining(FromGrpc(reader->Finish())));
}

TEST(WatchHeartbeatTest, ASilentStreamSaysWhereItStands) {
  CountingService service(absl::Milliseconds(20));
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  const auto stub = order::v1::OrderService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  service.end = 1;
  grpc::ClientContext context;
  const auto reader = stub->WatchOrders(&context, WatchOrdersRequest());
  WatchOrdersResponse response;
  for (const int64_t position : {1, 1, 1}) {
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.position(), position);
  }
  service.Advance(2);
  while (response.position() == 1 && reader->Read(&response)) {
  }
  EXPECT_EQ(response.position(), 2);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.position(), 2);
  context.TryCancel();
  server->Shutdown(std::chrono::system_clock::now());
}

TEST_F(WatchStreamTest, ASlowReaderDoesNotHoldUpOthers) {
  service_.end = 100'000;
  grpc::ClientContext slow_context, context;
  auto slow = Watch(&slow_context, 0);
  auto reader = Watch(&context, 0);
  for (int64_t want = 1; want <= 2'000; ++want) ASSERT_EQ(Next(*reader), want);
  slow_context.TryCancel();
  context.TryCancel();
}

}  // namespace
}  // namespace ordermesh::rpc
