#include "services/common/base/errors.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"

namespace ordermesh {
namespace {

TEST(Refusal, CarriesReasonDomainAndMetadata) {
  const absl::Status status =
      Refusal(absl::StatusCode::kResourceExhausted, "WINDOW_FULL", "the window is full", {{"partner", "a"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "WINDOW_FULL");
  const auto proto = ToProto(status);
  ASSERT_EQ(proto.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(proto.details(0).UnpackTo(&info));
  EXPECT_EQ(info.domain(), kErrorDomain);
  EXPECT_EQ(info.metadata().at("partner"), "a");
}

TEST(Refusal, HasNoReasonWhereItIsPlain) {
  EXPECT_EQ(ReasonOf(absl::UnavailableError("x")), "");
  EXPECT_EQ(RetryDelayOf(absl::UnavailableError("x")), std::nullopt);
}

TEST(WithRetry, AddsTheDelay) {
  const absl::Status status = WithRetry(absl::UnavailableError("x"), absl::Milliseconds(1'250));
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(1'250));
  EXPECT_EQ(ReasonOf(status), "");
}

TEST(InvalidField, NamesFieldAndRule) {
  const absl::Status status = InvalidField("page_size", "must not be negative");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "page_size: must not be negative");
  const auto proto = ToProto(status);
  google::rpc::BadRequest bad;
  bool found = false;
  for (const auto& detail : proto.details()) found = found || detail.UnpackTo(&bad);
  ASSERT_TRUE(found);
  EXPECT_EQ(bad.field_violations(0).field(), "page_size");
  EXPECT_EQ(bad.field_violations(0).description(), "must not be negative");
}

TEST(StatusOnTheWire, SurvivesBothWays) {
  const absl::Status status = WithRetry(Refusal(absl::StatusCode::kUnavailable, "AWAY", "away"), absl::Seconds(2));
  const absl::Status back = FromProto(ToProto(status));
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(back.message(), status.message());
  EXPECT_EQ(ReasonOf(back), "AWAY");
  EXPECT_EQ(RetryDelayOf(back), absl::Seconds(2));
}

TEST(Macros, ReturnTheFirstFault) {
  const auto half = [](int n) -> absl::StatusOr<int> {
    if (n % 2 != 0) return absl::InvalidArgumentError("odd");
    return n / 2;
  };
  const auto quarter = [&half](int n) -> absl::StatusOr<int> {
    OM_ASSIGN_OR_RETURN(const int first, half(n));
    OM_RETURN_IF_ERROR(half(first).status());
    return half(first);
  };
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(7).status().message(), "odd");
  EXPECT_EQ(quarter(6).status().message(), "odd");
}

TEST(CheckDeathTest, StopsTheProcess) { EXPECT_DEATH(OM_CHECK(1 > 2), "OM_CHECK failed: 1 > 2"); }

}  // namespace
}  // namespace ordermesh
