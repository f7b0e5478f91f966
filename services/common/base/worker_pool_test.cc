#include "services/common/base/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"

namespace ordermesh {
namespace {

TEST(WorkerPool, RunsEveryTaskBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool("test", 3);
    for (int i = 0; i < 100; ++i) pool.Run([&done] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(WorkerPool, KeepsTheOrderOnOneThread) {
  std::vector<int> seen;
  {
    WorkerPool pool("test", 1);
    for (int i = 0; i < 10; ++i) pool.Run([&seen, i] { seen.push_back(i); });
  }
  EXPECT_THAT(seen, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(WorkerPool, RefusesWhatWouldWaitTooLong) {
  absl::Notification running, release;
  WorkerPool pool("test", 1, /*max_waiting=*/1);
  pool.Run([&] {
    running.Notify();
    release.WaitForNotification();
  });
  running.WaitForNotification();
  EXPECT_TRUE(pool.TryRun([] {}));
  EXPECT_FALSE(pool.TryRun([] {}));
  release.Notify();
}

TEST(WorkerPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  WorkerPool pool("test", 2);
  absl::Notification first_runs;
  absl::BlockingCounter both(2);
  pool.Run([&] {
    first_runs.WaitForNotification();
    both.DecrementCount();
  });
  pool.Run([&] {
    first_runs.Notify();
    both.DecrementCount();
  });
  both.Wait();
}

}  // namespace
}  // namespace ordermesh
