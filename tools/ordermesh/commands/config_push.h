// A new version of a partner's config, from wherever its files are.
#pragma once

#include "absl/status/statusor.h"
#include "ordermesh/partners/v1/partners_service.pb.h"
#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {

// Makes it and shows it. The answer is no, with the faults one a line, where it does not compile or an example fails.
absl::StatusOr<ExitCode> PushConfig(const Environment& environment,
                                    const partners::v1::CreateConfigVersionRequest& request);

}  // namespace ordermesh::cli
