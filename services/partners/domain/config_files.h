// The files of a config: their checks, their order, and what changed between two sets.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/partners/v1/partners_service.pb.h"

namespace ordermesh::partners {

using ConfigFiles = google::protobuf::RepeatedPtrField<validation::v1::ConfigFile>;

// The file that every config has, and the one that never belongs to it: it holds a partner's settings.
inline constexpr std::string_view kMappingFile = "mapping.yaml";
inline constexpr std::string_view kSettingsFile = "partner.yaml";

// The files sorted by path. INVALID_ARGUMENT names the first that breaks a rule: at most 200 files and 1 MiB in all,
// with mapping.yaml and without partner.yaml, each path once, relative, at most 255 bytes, without empty, hidden or
// `..` parts.
absl::StatusOr<ConfigFiles> TakeFiles(const ConfigFiles& files);

// Why a config was made. INVALID_ARGUMENT (field message) where it is too long, or empty though `required`.
absl::Status CheckMessage(std::string_view message, bool required);

// Of two sorted sets.
bool SameFiles(const ConfigFiles& a, const ConfigFiles& b);

// Adds each file of two sorted sets that differs, by path. Diffs beyond kMaxDiffBytes in all are replaced by a line
// that says that the files differ.
void DiffFiles(const ConfigFiles& base, const ConfigFiles& files, v1::DiffConfigVersionsResponse* response);

}  // namespace ordermesh::partners
