#include "services/common/base/ticker.h"

#include <gtest/gtest.h>

namespace ordermesh {
namespace {

TEST(TickerTest, TicksAgainAndAgainUntilItGoes) {
  absl::Notification third;
  int ticks = 0;
  {
    const Ticker ticker("test", absl::Milliseconds(1), [&] {
      if (++ticks == 3) third.Notify();
    });
    third.WaitForNotification();
  }
  EXPECT_GE(ticks, 3);
}

}  // namespace
}  // namespace ordermesh
