// Changes of payloads that are said once and made many times.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/patch.pb.h"

namespace ordermesh::error_store {

using PatchMessage = ordermesh::error::v1::Patch;

// Whether it is one: 1 to kMaxPatchOperations operations, each with a path and values that are JSON. INVALID_ARGUMENT
// names the operation.
absl::Status CheckPatch(const PatchMessage& patch);

// The payload with all operations done in their order. FAILED_PRECONDITION (PATCH_DOES_NOT_FIT) where one finds nothing
// to change, or all of them leave the payload as it was; INVALID_ARGUMENT where the payload is no JSON object.
absl::StatusOr<std::string> ApplyPatch(const PatchMessage& patch, std::string_view payload);

// What makes `after` of `before`. What is done to every element of an array alike is said once. FAILED_PRECONDITION
// (NO_EDIT) where the two say the same.
absl::StatusOr<PatchMessage> DerivePatch(std::string_view before, std::string_view after);

}  // namespace ordermesh::error_store
