#include "services/common/rpc/batch_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "services/common/rpc/status.h"
#include "services/common/rpc/testing_peer.h"

namespace ordermesh::rpc {
namespace {

using testing::CommitPeer;

class BatchStreamTest : public ::testing::Test {
 protected:
  using ClientStream = grpc::ClientReaderWriter<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>;

  void Connect(const CommitPeer& peer) {
    stub_ =
        order::v1::OrderCommitService::NewStub(grpc::CreateChannel(peer.address(), grpc::InsecureChannelCredentials()));
    stream_ = stub_->CommitOrders(&context_);
  }

  bool Write(int items, uint64_t first_tag = 0, const std::string& hash = "") {
    order::v1::CommitOrdersRequest request;
    for (int i = 0; i < items; ++i) {
      auto* item = request.add_items();
      item->set_tag(first_tag + static_cast<uint64_t>(i));
      item->set_raw_sha256(hash);
    }
    return stream_->Write(request);
  }

  // Reads until so many results have come; gives how many messages that took.
  int ReadResults(int results) {
    int messages = 0;
    order::v1::CommitOrdersResponse response;
    for (int seen = 0; seen < results; seen += response.results_size(), ++messages) {
      if (!stream_->Read(&response)) return -1;
    }
    return messages;
  }

  grpc::ClientContext context_;
  std::unique_ptr<order::v1::OrderCommitService::Stub> stub_;
  std::unique_ptr<ClientStream> stream_;
};

TEST_F(BatchStreamTest, EndsWellWhenTheClientHasHalfClosedAndAllIsAnswered) {
  CommitPeer peer;
  Connect(peer);
  ASSERT_TRUE(Write(3));
  ASSERT_TRUE(stream_->WritesDone());
  ASSERT_TRUE(peer.AwaitItems(3));
  peer.AnswerAll();
  EXPECT_EQ(ReadResults(3), 1);
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(BatchStreamTest, StopsReadingWhileTheWindowIsFull) {
  CommitPeer peer(0, /*window=*/4);
  Connect(peer);
  ASSERT_TRUE(Write(4, 0));
  ASSERT_TRUE(Write(1, 4));
  ASSERT_TRUE(peer.AwaitItems(4));
  EXPECT_EQ(peer.messages(), 1u);
  peer.AnswerAll();
  ASSERT_TRUE(peer.AwaitItems(5));
  peer.AnswerAll();
  EXPECT_GT(ReadResults(5), 0);
}

TEST_F(BatchStreamTest, StopsReadingWhileAnswersAreUnread) {
  CommitPeer peer(0, /*window=*/4);
  Connect(peer);
  constexpr int kItems = 12;
  ASSERT_TRUE(Write(kItems, 0));
  ASSERT_TRUE(peer.AwaitItems(kItems));
  auto held = peer.TakeHeld();
  order::v1::CommitOrdersResponse response;
  // A connection takes in some of them before anybody reads.
  for (int i = 0; i < kItems; ++i) response.add_results()->mutable_verdict()->set_order_id(std::string(2'000'000, 'x'));
  held[0].stream->Send(std::move(response));
  ASSERT_TRUE(Write(1, kItems));
  absl::SleepFor(absl::Milliseconds(200));
  EXPECT_EQ(peer.messages(), 1u);
  EXPECT_GT(ReadResults(kItems), 0);
  ASSERT_TRUE(peer.AwaitItems(kItems + 1));
  peer.AnswerAll();
  EXPECT_EQ(ReadResults(1), 1);
}

TEST_F(BatchStreamTest, AProtocolFaultEndsTheStreamAfterWhatCameBefore) {
  CommitPeer peer;
  Connect(peer);
  ASSERT_TRUE(Write(2));
  ASSERT_TRUE(peer.AwaitItems(2));
  ASSERT_TRUE(Write(1, 9, "bad"));
  peer.AnswerAll();
  EXPECT_EQ(ReadResults(2), 1);
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(BatchStreamTest, DrainingAnswersWhatItHasAndSaysSo) {
  CommitPeer peer;
  Connect(peer);
  ASSERT_TRUE(Write(2));
  ASSERT_TRUE(peer.AwaitItems(2));
  std::thread stopping([&peer] { peer.DrainAndStop(); });
  EXPECT_EQ(ReadResults(2), 1);
  EXPECT_TRUE(IsDraining(FromGrpc(stream_->Finish())));
  stopping.join();
}

TEST_F(BatchStreamTest, LargeAnswersAreCutIntoMessages) {
  CommitPeer peer;
  Connect(peer);
  ASSERT_TRUE(Write(40));
  ASSERT_TRUE(peer.AwaitItems(40));
  auto held = peer.TakeHeld();
  order::v1::CommitOrdersResponse response;
  for (int i = 0; i < 40; ++i) response.add_results()->mutable_verdict()->set_order_id(std::string(100'000, 'x'));
  held[0].stream->Send(std::move(response));
  EXPECT_GE(ReadResults(40), 4);
}

TEST_F(BatchStreamTest, AClientThatGoesAwayLeavesNothingBehind) {
  CommitPeer peer;
  Connect(peer);
  ASSERT_TRUE(Write(2));
  ASSERT_TRUE(peer.AwaitItems(2));
  context_.TryCancel();
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  peer.AnswerAll();
  peer.Kill();
}

}  // namespace
}  // namespace ordermesh::rpc
