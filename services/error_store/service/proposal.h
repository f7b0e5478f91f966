// A patch as a new version of the partner's mapping: drafted, tried, and kept by nobody.
#pragma once

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/repair_service.pb.h"
#include "services/error_store/service/validator.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

// Takes as long as validation takes to try at most kMaxDraftTrials payloads. INVALID_ARGUMENT for a bad filter or
// patch, or without a partner; NOT_FOUND for an error of another partner; what validation says otherwise.
absl::StatusOr<ordermesh::error::v1::ProposeMappingResponse> ProposeMapping(
    const ErrorStore& store, Validator& validator, const ordermesh::error::v1::ProposeMappingRequest& request);

}  // namespace ordermesh::error_store
