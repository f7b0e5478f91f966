// Partners' config folders on disk.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

// One partner's folder: its name and its files, with paths as seen from the folder.
struct PartnerFolder {
  std::string partner_id;
  ConfigFiles files;
};

// The folders of `directory` that hold a mapping.yaml, sorted by name. NOT_FOUND (reason NO_CONFIG_DIRECTORY) where
// there is no such directory, INVALID_ARGUMENT (reason BAD_CONFIG_FILE) where a file cannot be read, is larger than 1
// MiB or is one of more than 200. Hidden files are left out.
absl::StatusOr<std::vector<PartnerFolder>> LoadPartnerFolders(const std::string& directory);

}  // namespace ordermesh::validation
