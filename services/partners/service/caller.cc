#include "services/partners/service/caller.h"

#include "services/common/telemetry/log.h"

namespace ordermesh::partners {

absl::Status CheckVisible(const Caller& caller, const std::string& partner_id) {
  return rpc::VisiblePartner(caller.identity, partner_id).status();
}

void LogChange(const Caller& caller, std::string_view what, const std::string& partner_id, const std::string& detail) {
  telemetry::LogInfo("partner changed", {{"what", std::string(what)},
                                         {"partner", partner_id},
                                         {"detail", detail},
                                         {"author", caller.Author()},
                                         {"request_id", caller.RequestId()}});
}

}  // namespace ordermesh::partners
