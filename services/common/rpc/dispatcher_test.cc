#include "services/common/rpc/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/rpc/testing_dispatcher.h"
#include "services/common/rpc/testing_peer.h"

namespace ordermesh::rpc {
namespace {

using testing::CommitPeer;
using testing::DispatcherTest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(DispatcherTest, AnswersComeBackWithTheirContextAndItem) {
  CommitPeer peer;
  Start(Options({peer.address()}));
  EXPECT_EQ(Submit("a", 2), 0u);
  ASSERT_TRUE(peer.AwaitItems(2));
  EXPECT_EQ(dispatcher_->items(), 2u);
  peer.AnswerAll();
  ASSERT_TRUE(AwaitAnswers(2));
  EXPECT_THAT(Names(), UnorderedElementsAre("a0", "a1"));
  EXPECT_EQ(answers_[0].item->order(), answers_[0].context.name);
  EXPECT_EQ(answers_[0].result.verdict().order_id(), answers_[0].context.name);
  EXPECT_EQ(dispatcher_->items(), 0u);
}

TEST_F(DispatcherTest, AnswersInAnyOrderAreMatchedByTag) {
  CommitPeer peer;
  Start(Options({peer.address()}));
  Submit("a", 1);
  ASSERT_TRUE(peer.AwaitItems(1));
  Submit("b", 1);
  ASSERT_TRUE(peer.AwaitItems(2));
  auto held = peer.TakeHeld();
  ASSERT_THAT(held, SizeIs(2));
  for (const size_t i : {1u, 0u}) {
    order::v1::CommitOrdersResponse response;
    response.add_results()->set_tag(held[i].request.items(0).tag());
    held[i].stream->Send(std::move(response));
    ASSERT_TRUE(AwaitAnswers(2 - i));
  }
  EXPECT_THAT(Names(), ElementsAre("b0", "a0"));
}

TEST_F(DispatcherTest, ItemsThatWaitForAWriteTravelTogether) {
  CommitPeer peer;
  Start(Options({peer.address()}));
  Submit("a", 2'000);
  ASSERT_TRUE(peer.AwaitItems(2'000));
  EXPECT_EQ(peer.messages(), 4u);
  for (const auto& held : peer.TakeHeld()) EXPECT_LE(held.request.items_size(), kMaxStreamMessageItems);
}

TEST_F(DispatcherTest, SendsEverythingAgainAfterThePeerDied) {
  auto peer = std::make_unique<CommitPeer>();
  const int port = peer->port();
  Start(Options({peer->address()}));
  Submit("a", 3);
  ASSERT_TRUE(peer->AwaitItems(3));
  peer = nullptr;
  peer = std::make_unique<CommitPeer>(port);
  ASSERT_TRUE(peer->AwaitItems(3));
  peer->AnswerAll();
  ASSERT_TRUE(AwaitAnswers(3));
  EXPECT_THAT(Names(), UnorderedElementsAre("a0", "a1", "a2"));
}

TEST_F(DispatcherTest, TakesItemsBeforeThePeerIsThere) {
  int port = 0;
  { port = CommitPeer().port(); }
  Start(Options({"127.0.0.1:" + std::to_string(port)}));
  EXPECT_EQ(Submit("a", 1), 0u);
  EXPECT_EQ(dispatcher_->connected(), 0u);
  CommitPeer peer(port);
  ASSERT_TRUE(peer.AwaitItems(1));
  EXPECT_EQ(dispatcher_->connected(), 1u);
}

TEST_F(DispatcherTest, WhatOnePeerLeavesTheOtherTakes) {
  auto first = std::make_unique<CommitPeer>();
  CommitPeer second;
  Start(Options({first->address()}));
  Submit("a", 2);
  ASSERT_TRUE(first->AwaitItems(2));
  dispatcher_ = nullptr;
  Start(Options({first->address(), second.address()}));
  Submit("b", 1);
  Submit("c", 1);
  Submit("d", 1);
  first->Kill();
  ASSERT_TRUE(second.AwaitItems(3));
  second.AnswerAll();
  ASSERT_TRUE(AwaitAnswers(3));
  EXPECT_THAT(Names(), UnorderedElementsAre("b0", "c0", "d0"));
}

TEST_F(DispatcherTest, LeavesWithTheCallerWhatDoesNotFit) {
  CommitPeer peer;
  DispatcherOptions options = Options({peer.address()});
  options.max_items = 3;
  Start(options);
  EXPECT_EQ(Submit("a", 5), 2u);
}

TEST_F(DispatcherTest, IsBoundedByBytesToo) {
  CommitPeer peer;
  DispatcherOptions options = Options({peer.address()});
  options.max_bytes = 1;
  Start(options);
  EXPECT_EQ(Submit("first", 2), 1u) << "an empty queue takes an item of any size";
  ASSERT_TRUE(peer.AwaitItems(1));
  peer.AnswerAll();
  ASSERT_TRUE(AwaitAnswers(1));
  EXPECT_EQ(Submit("second", 1), 0u);
}

TEST_F(DispatcherTest, AnswersUnavailableWhatWaitedTooLong) {
  int port = 0;
  { port = CommitPeer().port(); }
  DispatcherOptions options = Options({"127.0.0.1:" + std::to_string(port)});
  options.max_wait = absl::Milliseconds(50);
  Start(options);
  Submit("a", 1);
  ASSERT_TRUE(AwaitAnswers(1));
  const absl::Status status = FromProto(answers_[0].result.status());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "PEER_AWAY");
  EXPECT_TRUE(RetryDelayOf(status).has_value());
  EXPECT_EQ(dispatcher_->items(), 0u);
}

TEST_F(DispatcherTest, DropsWhatNobodyWaitsForAndWasNeverSent) {
  int port = 0;
  { port = CommitPeer().port(); }
  Start(Options({"127.0.0.1:" + std::to_string(port)}));
  Submit("gone", 1, /*abandoned=*/true);
  Submit("here", 1);
  CommitPeer peer(port);
  ASSERT_TRUE(peer.AwaitItems(1));
  const auto held = peer.TakeHeld();
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].request.items(0).order(), "here0");
}

TEST_F(DispatcherTest, IgnoresAnswersThatNobodyAskedFor) {
  CommitPeer peer;
  Start(Options({peer.address()}));
  Submit("a", 1);
  ASSERT_TRUE(peer.AwaitItems(1));
  auto held = peer.TakeHeld();
  order::v1::CommitOrdersResponse response;
  response.add_results()->set_tag(~uint64_t{0});
  response.add_results()->set_tag(held[0].request.items(0).tag() + (uint64_t{1} << 32));
  response.add_results()->set_tag(held[0].request.items(0).tag());
  response.add_results()->set_tag(held[0].request.items(0).tag());
  held[0].stream->Send(std::move(response));
  ASSERT_TRUE(AwaitAnswers(1));
  EXPECT_EQ(dispatcher_->items(), 0u);
  EXPECT_THAT(Names(), SizeIs(1));
}

// Kills the peer each time that the item named "poison" arrives there, as a process would die of it.
TEST_F(DispatcherTest, FindsTheItemThatKillsItsPeer) {
  auto peer = std::make_unique<CommitPeer>();
  const int port = peer->port();
  DispatcherOptions options = Options({peer->address()});
  options.isolate_suspects = true;
  Start(options);
  Submit("good", 40);
  Submit("poison", 1);
  Submit("late", 40);
  std::vector<size_t> company;
  size_t seen = 0;
  size_t answered = 0;
  while (answered < 81) {
    ASSERT_LT(company.size(), 10u);
    ASSERT_TRUE(peer->AwaitItems(seen + 1));
    const std::vector<CommitPeer::Held> held = peer->TakeHeld();
    size_t in_flight = 0;
    bool dies = false;
    for (const auto& h : held) {
      for (const auto& item : h.request.items()) {
        ++in_flight;
        dies |= item.order() == "poison0" && item.traceparent() != "parked";
      }
    }
    seen += in_flight;
    if (dies) {
      company.push_back(in_flight);
      peer = nullptr;
      peer = std::make_unique<CommitPeer>(port);
      seen = 0;
      continue;
    }
    for (const auto& h : held) {
      order::v1::CommitOrdersResponse response;
      for (const auto& item : h.request.items()) response.add_results()->set_tag(item.tag());
      h.stream->Send(std::move(response));
    }
    answered += in_flight;
  }
  EXPECT_THAT(company, SizeIs(4));
  EXPECT_EQ(company.back(), 1u) << "it was alone before it was parked";
  ASSERT_TRUE(AwaitAnswers(81));
  EXPECT_THAT(Names(), SizeIs(81));
}

TEST_F(DispatcherTest, DrainingPeersSuspectNobody) {
  auto peer = std::make_unique<CommitPeer>();
  const int port = peer->port();
  DispatcherOptions options = Options({peer->address()});
  options.isolate_suspects = true;
  Start(options);
  for (int round = 0; round < 5; ++round) {
    Submit("a", 1);
    ASSERT_TRUE(peer->AwaitItems(1));
    peer->DrainAndStop();
    ASSERT_TRUE(AwaitAnswers(static_cast<size_t>(round) + 1));
    peer = std::make_unique<CommitPeer>(port);
  }
}

TEST_F(DispatcherTest, EndsWithItemsUnderWay) {
  CommitPeer peer;
  Start(Options({peer.address()}));
  Submit("a", 10);
  ASSERT_TRUE(peer.AwaitItems(10));
  dispatcher_ = nullptr;
  EXPECT_THAT(answers_, IsEmpty());
}

TEST(SuspectWindowTest, TheMostSuspectItemSetsTheLimit) {
  SuspectWindow window;
  EXPECT_EQ(window.LimitWith(0), kSuspectLimits[0]);
  EXPECT_EQ(window.LimitWith(1), 256u);
  window.Sent(2);
  EXPECT_EQ(window.LimitWith(0), 32u);
  EXPECT_EQ(window.LimitWith(3), 1u);
  window.Landed(2);
  EXPECT_EQ(window.LimitWith(0), kSuspectLimits[0]);
  EXPECT_EQ(window.LimitWith(7), kSuspectLimits[4]);
}

}  // namespace
}  // namespace ordermesh::rpc
