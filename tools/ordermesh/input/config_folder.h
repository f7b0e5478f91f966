// A partner's folder of mapping, rules and examples.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/repeated_field.h"
#include "ordermesh/validation/v1/mapping.pb.h"

namespace ordermesh::cli {

// The partner's settings lie in the folder too, but are no part of its config.
inline constexpr char kPartnerFile[] = "partner.yaml";

using ConfigFiles = google::protobuf::RepeatedPtrField<validation::v1::ConfigFile>;

// Adds every file of the folder but partner.yaml, by path within it, sorted. NOT_FOUND where the folder cannot be read,
// INVALID_ARGUMENT for a file larger than 1 MiB.
absl::Status ReadConfigFolder(const std::filesystem::path& folder, ConfigFiles& files);

// Writes the files below `folder`, which is made where it is missing. INVALID_ARGUMENT for a path that leads out of it
// or a file that is there with other content; DATA_LOSS where it cannot be written.
absl::Status WriteConfigFolder(const std::filesystem::path& folder, const ConfigFiles& files);

// "config/partners/olist/" is the folder of olist.
std::string PartnerOfFolder(const std::filesystem::path& folder);

}  // namespace ordermesh::cli
