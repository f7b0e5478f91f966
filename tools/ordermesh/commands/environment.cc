#include "tools/ordermesh/commands/environment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "tools/ordermesh/input/byte_source.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kUnavailable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    // What operators may do is not there at all on the port for partners.
    case absl::StatusCode::kUnimplemented:
      return kAnswerIsNo;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    default:
      return kFailed;
  }
}

std::vector<std::string> FaultsIn(const absl::Status& status) {
  std::vector<std::string> faults;
  const google::rpc::Status message = ToProto(status);
  for (const auto& detail : message.details()) {
    google::rpc::BadRequest bad;
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) {
      faults.push_back(absl::StrCat(violation.field(), ": ", violation.description()));
    }
  }
  return faults;
}

client::Patience Environment::Patience() const {
  client::Patience patience;
  patience.wait = absl::Seconds(wait_seconds);
  return patience;
}

absl::StatusOr<client::Connection> Environment::FindConnection() const {
  client::Connection connection_found;
  OM_RETURN_IF_ERROR(client::RetryWhileAway(Patience(), [&](absl::Duration) {
    auto found = client::FindConnection(connection);
    if (found.ok()) connection_found = *std::move(found);
    return found.status();
  }));
  who = connection_found.who;
  return connection_found;
}

absl::Status Environment::Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) const {
  return client::RetryWhileAway(Patience(), [&](absl::Duration left) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + left));
    return rpc::FromGrpc(call(context));
  });
}

absl::Status Environment::CallOnce(const std::function<grpc::Status(grpc::ClientContext&)>& call) const {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + std::max(absl::Seconds(wait_seconds), absl::Seconds(1))));
  return rpc::FromGrpc(call(context));
}

void AddTimeOption(CLI::App& command, const std::string& name, google::protobuf::Timestamp* to,
                   const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [name, to](const std::string& text) {
            if (ParseTime(text, *to)) return;
            throw CLI::ValidationError(name, text + " is no time: write 2026-01-15T10:30:00Z or 2026-01-15");
          },
          help)
      ->type_name("TIME");
}

absl::StatusOr<std::string> ReadWhole(const std::string& path, size_t limit) {
  OM_ASSIGN_OR_RETURN(const auto bytes, OpenBytes(path));
  std::string text;
  while (true) {
    OM_ASSIGN_OR_RETURN(const std::string_view block, bytes->Next());
    if (block.empty()) return text;
    if (text.size() + block.size() > limit) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", limit, " bytes"));
    }
    text.append(block);
  }
}

}  // namespace ordermesh::cli
