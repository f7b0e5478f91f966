#include "services/partners/domain/errors.h"

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"

namespace ordermesh::partners {
namespace {

struct CatalogueCase {
  absl::Status status;
  absl::StatusCode code;
  const char* reason;
  bool retry;
};

TEST(ErrorsTest, EveryRefusalHasItsCodeReasonAndRetry) {
  const CatalogueCase cases[] = {
      {UnknownPartner(), absl::StatusCode::kNotFound, "UNKNOWN_PARTNER", false},
      {ConfigVersionNotFound(), absl::StatusCode::kNotFound, "CONFIG_VERSION_NOT_FOUND", false},
      {KeyNotFound(), absl::StatusCode::kNotFound, "KEY_NOT_FOUND", false},
      {PartnerExists("p"), absl::StatusCode::kAlreadyExists, "PARTNER_EXISTS", false},
      {TooManyPartners(), absl::StatusCode::kResourceExhausted, "TOO_MANY_PARTNERS", false},
      {EtagMismatch(), absl::StatusCode::kAborted, "ETAG_MISMATCH", false},
      {ConfigChanged(1, 2), absl::StatusCode::kAborted, "CONFIG_CHANGED", false},
      {TooManyKeys(), absl::StatusCode::kFailedPrecondition, "TOO_MANY_KEYS", false},
      {ConfigRefused({}), absl::StatusCode::kInvalidArgument, "CONFIG_REFUSED", false},
      {NoValidation(), absl::StatusCode::kUnavailable, "NO_VALIDATION", true},
      {KeysAreForTheGateway(), absl::StatusCode::kPermissionDenied, "KEYS_FOR_GATEWAY_ONLY", false},
      {DiskFull(), absl::StatusCode::kResourceExhausted, "DISK_FULL", true},
      {StoreClosed(), absl::StatusCode::kUnavailable, "STORE_CLOSED", true},
      {LostTail(4, 5), absl::StatusCode::kDataLoss, "LOST_TAIL", false},
      {BadRecord("row"), absl::StatusCode::kDataLoss, "BAD_RECORD", false},
      {BadPepper("why"), absl::StatusCode::kInvalidArgument, "BAD_PEPPER", false},
  };
  for (const CatalogueCase& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.reason;
    EXPECT_EQ(ReasonOf(c.status), c.reason);
    EXPECT_EQ(RetryDelayOf(c.status).has_value(), c.retry) << c.reason;
  }
}

TEST(ErrorsTest, ARefusedConfigNamesEachFaultAndItsPlace) {
  google::protobuf::RepeatedPtrField<validation::v1::MappingProblem> problems;
  auto* first = problems.Add();
  first->set_path("mapping.yaml");
  first->set_line(12);
  first->set_column(3);
  first->set_message("no such key");
  problems.Add()->set_path("examples/a.yaml");
  problems.Add()->set_path("b.yaml");
  problems[2].set_line(7);
  const absl::Status status = ConfigRefused(problems);
  EXPECT_EQ(status.message(), "the config was refused: mapping.yaml:12:3: no such key (and 2 more)");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(std::string(*status.GetPayload("type.googleapis.com/google.rpc.BadRequest"))));
  ASSERT_EQ(bad.field_violations_size(), 3);
  EXPECT_EQ(bad.field_violations(0).field(), "mapping.yaml:12:3");
  EXPECT_EQ(bad.field_violations(0).description(), "no such key");
  EXPECT_EQ(bad.field_violations(1).field(), "examples/a.yaml");
  EXPECT_EQ(bad.field_violations(2).field(), "b.yaml:7");
}

}  // namespace
}  // namespace ordermesh::partners
