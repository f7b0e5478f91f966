#include "services/validation/service/config_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/validation/domain/mapping_compiler.h"

namespace ordermesh::validation {
namespace {

namespace fs = std::filesystem;

absl::Status BadFile(const std::string& path, std::string_view why) {
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_CONFIG_FILE",
                 absl::StrCat(path, ": ", absl::string_view(why.data(), why.size())), {{"path", path}});
}

absl::Status AddFile(const fs::path& path, const std::string& name, ConfigFiles& files) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxConfigFileBytes || error)
    return BadFile(path.string(), "must be readable and at most 1 MiB");
  std::ifstream stream(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream.good() && !stream.eof()) return BadFile(path.string(), "cannot be read");
  v1::ConfigFile* file = files.Add();
  file->set_path(name);
  file->set_content(std::move(content));
  return absl::OkStatus();
}

absl::Status AddFiles(const fs::path& folder, ConfigFiles& files) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    if (hidden && it->is_directory(error)) it.disable_recursion_pending();
    if (!hidden && it->is_regular_file(error)) paths.push_back(it->path());
    if (paths.size() > static_cast<size_t>(kMaxFolderFiles))
      return BadFile(folder.string(), "holds more than 200 files");
  }
  if (error) return BadFile(folder.string(), error.message());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) OM_RETURN_IF_ERROR(AddFile(path, path.lexically_relative(folder).string(), files));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PartnerFolder>> LoadPartnerFolders(const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error) && fs::exists(it->path() / kMappingFile, error)) paths.push_back(it->path());
  }
  if (error) {
    return Refusal(absl::StatusCode::kNotFound, "NO_CONFIG_DIRECTORY", absl::StrCat(directory, ": ", error.message()),
                   {{"path", directory}});
  }
  std::sort(paths.begin(), paths.end());
  std::vector<PartnerFolder> folders;
  for (const fs::path& path : paths) {
    PartnerFolder folder;
    folder.partner_id = path.filename().string();
    OM_RETURN_IF_ERROR(AddFiles(path, folder.files));
    folders.push_back(std::move(folder));
  }
  return folders;
}

}  // namespace ordermesh::validation
