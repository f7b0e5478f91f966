// A patch as the command line gives it: the same for errors repair and errors propose.
#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "ordermesh/error/v1/patch.pb.h"

namespace ordermesh::cli {

struct PatchFlags {
  std::string file;
  std::vector<std::string> set;
  std::vector<std::string> remove;
};

void AddPatchOptions(CLI::Option_group& group, PatchFlags& flags);

// Without operations where nothing was given. INVALID_ARGUMENT for what is no patch.
absl::StatusOr<error::v1::Patch> PatchOf(const PatchFlags& flags);

}  // namespace ordermesh::cli
