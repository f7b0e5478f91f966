#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {
namespace {

TEST(ExitCodeTest, IsOfEveryKindOfFailure) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kDone);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), kUsage);
  EXPECT_EQ(ExitCodeOf(absl::OutOfRangeError("")), kUsage);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("")), kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), kAnswerIsNo);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), kAnswerIsNo);
  EXPECT_EQ(ExitCodeOf(absl::UnimplementedError("")), kAnswerIsNo);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("")), kFailed);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), kNotFound);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("")), kFailed);
}

}  // namespace
}  // namespace ordermesh::cli
