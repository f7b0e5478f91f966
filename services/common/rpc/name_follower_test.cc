#include "services/common/rpc/name_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"

namespace ordermesh::rpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

TEST(NameOfTest, OnlyDnsNamesAreFollowed) {
  EXPECT_EQ(NameOf("dns:///validation.mesh.svc:7000"), "validation.mesh.svc:7000");
  EXPECT_EQ(NameOf("127.0.0.1:7000"), "");
  EXPECT_EQ(NameOf("validation:7000"), "");
}

TEST(ResolveByDnsTest, GivesNumericAddressesWithThePort) {
  const auto found = ResolveByDns("localhost:7000");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, Contains("127.0.0.1:7000"));
  EXPECT_THAT(*ResolveByDns("127.0.0.3:1"), ElementsAre("127.0.0.3:1"));
  EXPECT_EQ(ResolveByDns("no-such-name.invalid:7000").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ResolveByDns("localhost").status().code(), absl::StatusCode::kUnavailable);
}

TEST(NameFollowerTest, TellsEachAddressOnceAndSorted) {
  absl::Notification told;
  NameFollowerOptions options;
  options.resolve = [](const std::string&) { return std::vector<std::string>{"b:1", "a:1", "b:1"}; };
  NameFollower follower(std::move(options), [&](const std::vector<std::string>& addresses) {
    EXPECT_THAT(addresses, ElementsAre("a:1", "b:1"));
    if (!told.HasBeenNotified()) told.Notify();
  });
  EXPECT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST(NameFollowerTest, LooksAtOnceWhenAskedTo) {
  absl::BlockingCounter looks(3);
  std::atomic<int> left = 3;
  NameFollowerOptions options;
  options.every = absl::InfiniteDuration();
  options.soon = absl::ZeroDuration();
  options.resolve = [&](const std::string&) -> absl::StatusOr<std::vector<std::string>> {
    if (left-- > 0) looks.DecrementCount();
    return absl::UnavailableError("away");
  };
  NameFollower follower(std::move(options), [](const std::vector<std::string>&) { ADD_FAILURE(); });
  while (left > 0) follower.LookSoon();
  looks.Wait();
}

TEST(NameFollowerTest, EndsWhileTheNameServerSaysNothing) {
  // Outlive the follower's thread.
  static absl::Notification asked, answer, answered;
  NameFollowerOptions options;
  options.resolve = [](const std::string&) -> absl::StatusOr<std::vector<std::string>> {
    asked.Notify();
    answer.WaitForNotification();
    answered.Notify();
    return std::vector<std::string>{"a:1"};
  };
  {
    NameFollower follower(std::move(options), [](const std::vector<std::string>&) { ADD_FAILURE(); });
    asked.WaitForNotification();
  }
  answer.Notify();
  answered.WaitForNotification();
}

}  // namespace
}  // namespace ordermesh::rpc
