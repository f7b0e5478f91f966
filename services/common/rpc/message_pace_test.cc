#include "services/common/rpc/message_pace.h"

#include <gtest/gtest.h>

namespace ordermesh::rpc {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000'000);

uint64_t Send(MessagePace& pace, absl::Time now) {
  const uint64_t number = pace.next();
  pace.Sent(now);
  return number;
}

TEST(MessagePaceTest, TheFirstSmallMessagesGoAtOnce) {
  MessagePace pace;
  EXPECT_TRUE(pace.MaySendSmall(kStart));
  Send(pace, kStart);
  EXPECT_TRUE(pace.MaySendSmall(kStart));
  Send(pace, kStart);
  EXPECT_FALSE(pace.MaySendSmall(kStart));
}

TEST(MessagePaceTest, TheFirstAnswerOfAMessageMakesRoom) {
  MessagePace pace;
  const uint64_t first = Send(pace, kStart);
  const uint64_t second = Send(pace, kStart);
  pace.Landed(second);
  EXPECT_TRUE(pace.MaySendSmall(kStart));
  const uint64_t third = Send(pace, kStart);
  EXPECT_FALSE(pace.MaySendSmall(kStart));
  // More answers to the same message make no more room.
  pace.Landed(second);
  EXPECT_FALSE(pace.MaySendSmall(kStart));
  pace.Landed(first);
  pace.Landed(third);
  Send(pace, kStart);
  EXPECT_TRUE(pace.MaySendSmall(kStart));
}

TEST(MessagePaceTest, MessagesThatWaitForLongHoldNothingBack) {
  MessagePace pace;
  Send(pace, kStart);
  Send(pace, kStart);
  EXPECT_FALSE(pace.MaySendSmall(kStart + absl::Milliseconds(4)));
  EXPECT_TRUE(pace.MaySendSmall(kStart + absl::Milliseconds(6)));
}

}  // namespace
}  // namespace ordermesh::rpc
