// Every refusal of the partners service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/validation/v1/mapping.pb.h"

namespace ordermesh::partners {

// NOT_FOUND: the same for a missing and a malformed id.
absl::Status UnknownPartner();
absl::Status ConfigVersionNotFound();
absl::Status KeyNotFound();
// ALREADY_EXISTS.
absl::Status PartnerExists(std::string_view partner_id);
// RESOURCE_EXHAUSTED: there are kMaxPartners.
absl::Status TooManyPartners();
// ABORTED: the partner has changed since it was read.
absl::Status EtagMismatch();
// ABORTED: another version is live than the one that the change is based on.
absl::Status ConfigChanged(int32_t base_version, int32_t live_version);
// FAILED_PRECONDITION: kMaxLiveKeys are live.
absl::Status TooManyKeys();
// INVALID_ARGUMENT with google.rpc.BadRequest: one violation a problem, whose field is "mapping.yaml:12:3".
absl::Status ConfigRefused(const google::protobuf::RepeatedPtrField<validation::v1::MappingProblem>& problems);
// UNAVAILABLE with a retry delay: no validation could check the config.
absl::Status NoValidation();
// PERMISSION_DENIED: keys are sent to the gateway only.
absl::Status KeysAreForTheGateway();
// RESOURCE_EXHAUSTED with a retry delay: the disk is full; what is stored can still be read.
absl::Status DiskFull();
// UNAVAILABLE: the last write failed in a way that leaves its outcome unknown.
absl::Status StoreClosed();
// DATA_LOSS: the store recovered less than it had acknowledged.
absl::Status LostTail(int64_t recovered, int64_t acknowledged);
// DATA_LOSS: stored bytes are not what the store wrote. `what` names the record.
absl::Status BadRecord(std::string_view what);
// INVALID_ARGUMENT: the pepper cannot be used. Never says what it holds.
absl::Status BadPepper(std::string_view why);

// "mapping.yaml:12:3"; without the numbers where they are 0.
std::string PlaceOf(const validation::v1::MappingProblem& problem);

}  // namespace ordermesh::partners
