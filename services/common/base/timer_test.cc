#include "services/common/base/timer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/time/clock.h"

namespace ordermesh {
namespace {

TEST(TimerTest, RunsWhatIsDueInItsOrder) {
  std::vector<int> order;
  std::promise<void> done;
  Timer timer;
  const absl::Time now = absl::Now();
  timer.RunAt(now + absl::Milliseconds(30), [&] {
    order.push_back(2);
    done.set_value();
  });
  timer.RunAt(now + absl::Milliseconds(10), [&] { order.push_back(1); });
  timer.RunAt(now - absl::Seconds(1), [&] { order.push_back(0); });
  done.get_future().wait();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2));
}

TEST(TimerTest, NeverRunsEarly) {
  std::promise<absl::Time> ran;
  Timer timer;
  const absl::Time due = absl::Now() + absl::Milliseconds(20);
  timer.RunAt(due, [&] { ran.set_value(absl::Now()); });
  EXPECT_GE(ran.get_future().get(), due);
}

TEST(TimerTest, EndsWithFunctionsThatAreNotDue) {
  bool ran = false;
  {
    Timer timer;
    timer.RunAt(absl::Now() + absl::Hours(1), [&ran] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

TEST(TimerTest, AFunctionMaySetTheTimerAgain) {
  std::promise<void> done;
  Timer timer;
  timer.RunAt(absl::Now(), [&] { timer.RunAt(absl::Now(), [&] { done.set_value(); }); });
  done.get_future().wait();
}

}  // namespace
}  // namespace ordermesh
