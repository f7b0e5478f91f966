#include "tools/ordermesh/input/config_folder.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {
namespace {

constexpr size_t kMaxConfigFileBytes = 1 << 20;

// Whether the path stays below the folder that it is appended to.
bool StaysInside(const std::filesystem::path& path) {
  return !path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

}  // namespace

absl::Status ReadConfigFolder(const std::filesystem::path& folder, ConfigFiles& files) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error)) paths.push_back(at->path());
  }
  if (error)
    return absl::NotFoundError(absl::StrCat("cannot read the folder ", folder.string(), ": ", error.message()));
  std::sort(paths.begin(), paths.end());
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.lexically_relative(folder).generic_string();
    if (name == kPartnerFile) continue;
    validation::v1::ConfigFile& file = *files.Add();
    file.set_path(name);
    OM_ASSIGN_OR_RETURN(*file.mutable_content(), ReadWhole(path.string(), kMaxConfigFileBytes));
  }
  return absl::OkStatus();
}

absl::Status WriteConfigFolder(const std::filesystem::path& folder, const ConfigFiles& files) {
  for (const auto& file : files) {
    if (!StaysInside(file.path())) {
      return absl::InvalidArgumentError(absl::StrCat("the config has a file with the path ", file.path()));
    }
    const std::filesystem::path path = folder / file.path();
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
      const auto there = ReadWhole(path.string(), kMaxConfigFileBytes);
      if (there.ok() && *there == file.content()) continue;
      return absl::InvalidArgumentError(absl::StrCat(path.string(), " is there and differs: give another folder"));
    }
    std::filesystem::create_directories(path.parent_path(), error);
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    if (!(stream << file.content()).flush()) return absl::DataLossError(absl::StrCat("cannot write ", path.string()));
  }
  return absl::OkStatus();
}

std::string PartnerOfFolder(const std::filesystem::path& folder) {
  const std::filesystem::path absolute = std::filesystem::absolute(folder).lexically_normal();
  return (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
}

}  // namespace ordermesh::cli
