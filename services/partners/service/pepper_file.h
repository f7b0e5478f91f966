// Reads the secret that API keys are hashed with.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "services/partners/domain/api_key.h"

namespace ordermesh::partners {

// INVALID_ARGUMENT (BAD_PEPPER) where the file is missing, is no regular file, is open to too many, or holds no pepper.
// A file of this process's own user must be closed to everybody else. One of another user may be read by its group:
// Kubernetes mounts secrets as root's, with a group for the pod. Nothing of what it holds is said, and the buffer that
// it was read into is wiped.
absl::StatusOr<Pepper> ReadPepper(const std::string& path);

// The rule: why a file with this owner and mode is too open to the process's `user`; empty where it is not.
std::string WhyTooOpen(uid_t owner, mode_t mode, uid_t user);

}  // namespace ordermesh::partners
