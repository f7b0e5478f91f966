#include "services/partners/service/config_checker.h"

#include <grpcpp/client_context.h>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"
#include "services/partners/domain/errors.h"

namespace ordermesh::partners {
namespace {

using validation::v1::CheckMappingRequest;
using validation::v1::CheckMappingResponse;

void Count(const char* result) {
  telemetry::Counter("ordermesh_partners_config_checks_total", "Configs sent to validation, by what came of it.",
                     {{"result", result}})
      .Increment();
}

}  // namespace

ValidationChecker::ValidationChecker(const std::vector<std::string>& addresses, const rpc::ChannelOptions& channel,
                                     absl::Duration deadline)
    : deadline_(deadline) {
  OM_CHECK(!addresses.empty());
  for (const std::string& address : addresses) {
    stubs_.emplace_back(address, channel);
  }
}

absl::StatusOr<CheckedConfig> ValidationChecker::Check(const std::string& partner_id, const ConfigFiles& files,
                                                       const ConfigFiles& live_files) {
  CheckMappingRequest request;
  request.set_partner_id(partner_id);
  *request.mutable_files() = files;
  *request.mutable_live_files() = live_files;
  const absl::Time deadline = absl::Now() + deadline_;
  const size_t first = next_++;
  for (size_t i = 0; i < stubs_.size(); ++i) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    CheckMappingResponse response;
    auto& stub = stubs_[(first + i) % stubs_.size()];
    const absl::Status status = rpc::FromGrpc(stub.Get()->CheckMapping(&context, request, &response));
    if (absl::IsInvalidArgument(status)) {
      Count("refused");
      return status;
    }
    if (absl::IsUnavailable(status)) {
      stub.Renew();
      continue;
    }
    if (!status.ok()) {
      telemetry::LogWarning("validation could not check a config", {{"partner", partner_id},
                                                                    {"code", absl::StatusCodeToString(status.code())},
                                                                    {"message", std::string(status.message())}});
      continue;
    }
    Count(response.ok() ? "ok" : "refused");
    if (!response.ok()) return ConfigRefused(response.problems());
    return CheckedConfig{response.numbered(), response.rounding()};
  }
  Count("unavailable");
  return NoValidation();
}

}  // namespace ordermesh::partners
