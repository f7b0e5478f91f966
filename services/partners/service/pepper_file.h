// Reads the secret that API keys are hashed with.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/partners/domain/api_key.h"

namespace ordermesh::partners {

// INVALID_ARGUMENT (BAD_PEPPER) where the file is missing, is no regular file, can be read or written by anybody but
// its owner, or holds no pepper. Nothing of what it holds is said, and the buffer that it was read into is wiped.
absl::StatusOr<Pepper> ReadPepper(const std::string& path);

}  // namespace ordermesh::partners
