#include "services/error_store/domain/errors.h"

#include "gtest/gtest.h"
#include "services/common/base/errors.h"

namespace ordermesh::error_store {
namespace {

struct CatalogueCase {
  absl::Status status;
  absl::StatusCode code;
  const char* reason;
  bool retry;
};

TEST(ErrorsTest, EveryRefusalHasItsCodeReasonAndRetry) {
  const CatalogueCase cases[] = {
      {InvalidCommit("tag", "rule"), absl::StatusCode::kInvalidArgument, "INVALID_FIELD", false},
      {ErrorNotFound(), absl::StatusCode::kNotFound, "ERROR_NOT_FOUND", false},
      {WriterQueueFull(), absl::StatusCode::kResourceExhausted, "WRITER_QUEUE_FULL", true},
      {DiskFull(), absl::StatusCode::kResourceExhausted, "DISK_FULL", true},
      {StoreClosed(), absl::StatusCode::kUnavailable, "STORE_CLOSED", true},
      {WatchPastEnd(7, 5), absl::StatusCode::kOutOfRange, "WATCH_PAST_END", false},
      {TooManyCounters(), absl::StatusCode::kResourceExhausted, "TOO_MANY_COUNTERS", false},
      {WrongShard(1, 2), absl::StatusCode::kFailedPrecondition, "WRONG_SHARD", false},
      {LostTail(4, 5), absl::StatusCode::kDataLoss, "LOST_TAIL", false},
      {BadRecord("row"), absl::StatusCode::kDataLoss, "BAD_RECORD", false},
  };
  for (const CatalogueCase& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.reason;
    EXPECT_EQ(ReasonOf(c.status), c.reason);
    EXPECT_EQ(RetryDelayOf(c.status).has_value(), c.retry) << c.reason;
  }
}

}  // namespace
}  // namespace ordermesh::error_store
