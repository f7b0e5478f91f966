// Refusals: absl::Status with a machine-readable reason. common/rpc turns them into google.rpc.ErrorInfo.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

// Stops the process: for what only a bug can cause. What the outside controls is a Status.
#define OM_CHECK(condition)                                                     \
  do {                                                                          \
    if (!(condition)) ::ordermesh::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

#define OM_RETURN_IF_ERROR(expression)                                               \
  do {                                                                               \
    if (absl::Status om_status_ = (expression); !om_status_.ok()) return om_status_; \
  } while (false)

#define OM_CONCAT_INNER(a, b) a##b
#define OM_CONCAT(a, b) OM_CONCAT_INNER(a, b)
#define OM_ASSIGN_OR_RETURN(target, expression) \
  OM_ASSIGN_OR_RETURN_INNER(OM_CONCAT(om_or_, __LINE__), target, expression)
#define OM_ASSIGN_OR_RETURN_INNER(temporary, target, expression) \
  auto temporary = (expression);                                 \
  if (!temporary.ok()) return std::move(temporary).status();     \
  target = *std::move(temporary)

namespace ordermesh {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

// The domain of every ErrorInfo of the mesh.
inline constexpr char kErrorDomain[] = "ordermesh";

// A key and its value in an ErrorInfo's metadata.
using Detail = std::pair<std::string_view, std::string_view>;

// A refusal. `reason` is UPPER_SNAKE_CASE and never changes; `message` is for people and may.
absl::Status Refusal(absl::StatusCode code, std::string_view reason, std::string_view message,
                     std::initializer_list<Detail> details = {});

// Adds google.rpc.RetryInfo: the caller should wait that long and send again.
absl::Status WithRetry(absl::Status status, absl::Duration delay);

// INVALID_ARGUMENT that names the request field (as google.rpc.BadRequest) and its rule.
absl::Status InvalidField(std::string_view field, std::string_view rule);

// The reason of a refusal; empty where it has none.
std::string ReasonOf(const absl::Status& status);

// The retry delay of a refusal; nothing where it has none.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// To and from the wire form. Details survive both ways.
google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& status);

}  // namespace ordermesh
