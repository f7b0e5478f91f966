#include "services/common/rpc/status.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::rpc {
namespace {

constexpr char kDraining[] = "DRAINING";
constexpr absl::Duration kRetryAfterDrain = absl::Milliseconds(200);
constexpr absl::Duration kRetryAfterOverload = absl::Milliseconds(100);

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToProto(status).SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status proto;
  if (!status.error_details().empty() && proto.ParseFromString(status.error_details()) &&
      proto.code() == static_cast<int>(status.error_code())) {
    return FromProto(proto);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::Status DrainingStatus() {
  return WithRetry(Refusal(absl::StatusCode::kUnavailable, kDraining, "the server is shutting down; connect again"),
                   kRetryAfterDrain);
}

bool IsDraining(const absl::Status& status) { return ReasonOf(status) == kDraining; }

absl::Status Overloaded(std::string_view what) {
  return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                           absl::StrCat(absl::string_view(what.data(), what.size()), " is full; wait and send again")),
                   kRetryAfterOverload);
}

}  // namespace ordermesh::rpc
