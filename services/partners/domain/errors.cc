#include "services/partners/domain/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "services/common/base/errors.h"

namespace ordermesh::partners {
namespace {

constexpr absl::Duration kRetryAfterDiskFull = absl::Seconds(1);
// A process that ends is started again within a second.
constexpr absl::Duration kRetryAfterClosed = absl::Milliseconds(500);
constexpr absl::Duration kRetryAfterNoValidation = absl::Seconds(1);

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status UnknownPartner() {
  return Refusal(absl::StatusCode::kNotFound, "UNKNOWN_PARTNER", "there is no partner with this id");
}

absl::Status ConfigVersionNotFound() {
  return Refusal(absl::StatusCode::kNotFound, "CONFIG_VERSION_NOT_FOUND", "the partner has no such config version");
}

absl::Status KeyNotFound() {
  return Refusal(absl::StatusCode::kNotFound, "KEY_NOT_FOUND", "the partner has no key with this id");
}

absl::Status PartnerExists(std::string_view partner_id) {
  return Refusal(absl::StatusCode::kAlreadyExists, "PARTNER_EXISTS",
                 absl::StrCat("there is a partner \"", View(partner_id), "\" already"), {{"partner_id", partner_id}});
}

absl::Status TooManyPartners() {
  return Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_PARTNERS", "there are as many partners as may be");
}

absl::Status EtagMismatch() {
  return Refusal(absl::StatusCode::kAborted, "ETAG_MISMATCH",
                 "the partner has changed since it was read; read it again and repeat the change");
}

absl::Status ConfigChanged(int32_t base_version, int32_t live_version) {
  return Refusal(absl::StatusCode::kAborted, "CONFIG_CHANGED",
                 absl::StrCat("the change is based on version ", base_version, " but ", live_version, " is live"),
                 {{"live_version", absl::StrCat(live_version)}});
}

absl::Status TooManyKeys() {
  return Refusal(absl::StatusCode::kFailedPrecondition, "TOO_MANY_KEYS",
                 "two keys of the partner are live; revoke one first");
}

absl::Status ConfigRefused(const google::protobuf::RepeatedPtrField<validation::v1::MappingProblem>& problems) {
  google::rpc::BadRequest bad;
  for (const auto& problem : problems) {
    auto* violation = bad.add_field_violations();
    violation->set_field(PlaceOf(problem));
    violation->set_description(problem.message());
  }
  std::string message = "the config was refused";
  if (!problems.empty()) absl::StrAppend(&message, ": ", PlaceOf(problems[0]), ": ", problems[0].message());
  if (problems.size() > 1) absl::StrAppend(&message, " (and ", problems.size() - 1, " more)");
  absl::Status status = Refusal(absl::StatusCode::kInvalidArgument, "CONFIG_REFUSED", message);
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest", absl::Cord(bad.SerializeAsString()));
  return status;
}

absl::Status NoValidation() {
  return WithRetry(
      Refusal(absl::StatusCode::kUnavailable, "NO_VALIDATION", "no validation can check the config now; send again"),
      kRetryAfterNoValidation);
}

absl::Status KeysAreForTheGateway() {
  return Refusal(absl::StatusCode::kPermissionDenied, "KEYS_FOR_GATEWAY_ONLY", "keys are sent to the gateway only");
}

absl::Status DiskFull() {
  return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "DISK_FULL", "the disk is full; send again"),
                   kRetryAfterDiskFull);
}

absl::Status StoreClosed() {
  return WithRetry(Refusal(absl::StatusCode::kUnavailable, "STORE_CLOSED", "the partners service is closing"),
                   kRetryAfterClosed);
}

absl::Status LostTail(int64_t recovered, int64_t acknowledged) {
  return Refusal(absl::StatusCode::kDataLoss, "LOST_TAIL",
                 absl::StrCat("recovered up to change ", recovered, " but ", acknowledged, " was acknowledged"));
}

absl::Status BadRecord(std::string_view what) {
  return Refusal(absl::StatusCode::kDataLoss, "BAD_RECORD", absl::StrCat("stored bytes are damaged: ", View(what)));
}

absl::Status BadPepper(std::string_view why) {
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_PEPPER", absl::StrCat("pepper_file: ", View(why)));
}

std::string PlaceOf(const validation::v1::MappingProblem& problem) {
  std::string place = problem.path();
  if (problem.line() > 0) absl::StrAppend(&place, ":", problem.line());
  if (problem.line() > 0 && problem.column() > 0) absl::StrAppend(&place, ":", problem.column());
  return place;
}

}  // namespace ordermesh::partners
