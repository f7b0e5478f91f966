#include "tools/ordermesh/commands/environment.h"

#include "absl/strings/str_cat.h"
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
    case absl::StatusCode::kAborted:
      return kUnavailable;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    default:
      return kFailed;
  }
}

client::Patience Environment::Patience() const {
  client::Patience patience;
  patience.wait = absl::Seconds(wait_seconds);
  return patience;
}

absl::StatusOr<std::vector<std::string>> Environment::FindAddresses(client::Part part) const {
  std::vector<std::string> addresses;
  OM_RETURN_IF_ERROR(client::RetryWhileAway(Patience(), [&](absl::Duration) {
    auto found = client::AddressesOf(mesh, part);
    if (found.ok()) addresses = *std::move(found);
    return found.status();
  }));
  return addresses;
}

absl::Status Environment::Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) const {
  return client::RetryWhileAway(Patience(), [&](absl::Duration left) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + left));
    return rpc::FromGrpc(call(context));
  });
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
