// A partner's settings in a YAML file.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/field_mask.pb.h"
#include "ordermesh/partners/v1/partner.pb.h"

namespace ordermesh::cli {

struct PartnerSettings {
  partners::v1::Partner partner;
  // The settings that the file names, for an update: without the id, the etag and what only the mesh sets.
  google::protobuf::FieldMask named;
};

// Reads a Partner message written as YAML (or JSON, such as `partners get -o json` prints): lowerCamelCase or
// snake_case names. INVALID_ARGUMENT where it is no YAML, has an unknown field or a value of the wrong kind; `name` is
// the file's.
absl::StatusOr<PartnerSettings> ParsePartnerSettings(const std::string& name, std::string_view yaml);

}  // namespace ordermesh::cli
