#include "services/common/base/group_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ordermesh {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(GroupQueue, HandsOutWhatHasGatheredInItsOrder) {
  GroupQueue<int> queue(100);
  for (int i = 1; i <= 4; ++i) EXPECT_TRUE(queue.TryPush(int{i}, 10));
  EXPECT_EQ(queue.weight(), 40u);
  EXPECT_THAT(queue.PopGroup(25), ElementsAre(1, 2));
  EXPECT_THAT(queue.PopGroup(100), ElementsAre(3, 4));
  EXPECT_EQ(queue.weight(), 0u);
}

TEST(GroupQueue, RefusesWhatDoesNotFitAndLeavesItAlone) {
  GroupQueue<std::unique_ptr<int>> queue(10);
  EXPECT_TRUE(queue.TryPush(std::make_unique<int>(1), 6));
  auto entry = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(entry), 5));
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(queue.TryPush(std::move(entry), 4));
}

TEST(GroupQueue, TakesOneEntryHeavierThanItself) {
  GroupQueue<int> queue(10);
  EXPECT_TRUE(queue.TryPush(1, 50));
  EXPECT_FALSE(queue.TryPush(2, 1));
  EXPECT_THAT(queue.PopGroup(5), ElementsAre(1));
  EXPECT_TRUE(queue.TryPush(2, 1));
}

TEST(GroupQueue, DrainsAfterClose) {
  GroupQueue<int> queue(10);
  EXPECT_TRUE(queue.TryPush(1, 1));
  queue.Close();
  EXPECT_FALSE(queue.TryPush(2, 1));
  EXPECT_THAT(queue.PopGroup(10), ElementsAre(1));
  EXPECT_THAT(queue.PopGroup(10), IsEmpty());
}

TEST(GroupQueue, WakesItsReader) {
  GroupQueue<std::string> queue(10);
  std::vector<std::string> group;
  std::thread reader([&] { group = queue.PopGroup(10); });
  EXPECT_TRUE(queue.TryPush("a", 1));
  reader.join();
  EXPECT_THAT(group, ElementsAre("a"));
}

}  // namespace
}  // namespace ordermesh
