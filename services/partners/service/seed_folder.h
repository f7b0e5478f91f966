// Partners' folders on disk: what a fresh mesh starts from.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ordermesh/partners/v1/partners_service.pb.h"

namespace ordermesh::partners {

// The names of the folders in `directory` that hold a mapping.yaml or a partner.yaml, sorted. NOT_FOUND (reason
// NO_SEED_DIRECTORY) where there is no such directory.
absl::StatusOr<std::vector<std::string>> ListSeedFolders(const std::string& directory);

// The request that makes the partner of one folder: its name is the id; partner.yaml, if there is one, holds the
// settings (the JSON form of Partner, as YAML); every other file that is not hidden is config. INVALID_ARGUMENT (reason
// BAD_SEED) names the file, and the line where it has one.
absl::StatusOr<v1::CreatePartnerRequest> ReadSeedFolder(const std::string& directory, const std::string& name);

}  // namespace ordermesh::partners
