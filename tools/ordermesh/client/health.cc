#include "tools/ordermesh/client/health.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "absl/synchronization/notification.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "services/common/rpc/status.h"

namespace ordermesh::client {
namespace {

constexpr char kCheckMethod[] = "/grpc.health.v1.Health/Check";
// HealthCheckRequest.service and HealthCheckResponse.status.
constexpr int kServiceField = 1;
constexpr int kStatusField = 1;

}  // namespace

std::string NameOf(Serving serving) {
  switch (serving) {
    case Serving::kServing:
      return "SERVING";
    case Serving::kNotServing:
      return "NOT_SERVING";
    case Serving::kServiceUnknown:
      return "SERVICE_UNKNOWN";
    case Serving::kUnknown:
      break;
  }
  return "UNKNOWN";
}

absl::StatusOr<Serving> CheckHealth(const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
                                    absl::Duration timeout) {
  // Debian's gRPC ships no stub of the health service, and its two messages are not worth generating: one text in the
  // request and one number in the answer, which empty messages carry as unknown fields.
  grpc::TemplatedGenericStub<google::protobuf::Empty, google::protobuf::Empty> stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  google::protobuf::Empty request;
  if (!service.empty()) {
    google::protobuf::Empty::GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(kServiceField,
                                                                                                 service);
  }
  google::protobuf::Empty response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, kCheckMethod, grpc::StubOptions(), &request, &response, [&](grpc::Status result) {
    status = std::move(result);
    done.Notify();
  });
  done.WaitForNotification();
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return Serving::kServiceUnknown;
  if (!status.ok()) return rpc::FromGrpc(status);
  const auto& fields = google::protobuf::Empty::GetReflection()->GetUnknownFields(response);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() == kStatusField && field.type() == google::protobuf::UnknownField::TYPE_VARINT &&
        field.varint() <= static_cast<uint64_t>(Serving::kServiceUnknown)) {
      return static_cast<Serving>(field.varint());
    }
  }
  return Serving::kUnknown;
}

}  // namespace ordermesh::client
