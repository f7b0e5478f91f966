#include "services/partners/service/seed_folder.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/yaml_json.h"
#include "services/partners/domain/config_files.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

namespace fs = std::filesystem;

absl::Status BadSeed(const fs::path& path, absl::string_view why) {
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_SEED", absl::StrCat(path.string(), ": ", why),
                 {{"path", path.string()}});
}

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxConfigBytes || error) {
    return BadSeed(path, "must be readable and at most 1 MiB");
  }
  std::ifstream stream(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream.good() && !stream.eof()) return BadSeed(path, "cannot be read");
  return content;
}

absl::Status ReadSettings(const fs::path& path, const std::string& name, v1::Partner& partner) {
  OM_ASSIGN_OR_RETURN(const std::string yaml, ReadFile(path));
  const auto json = YamlToJson(yaml);
  if (!json.ok()) return BadSeed(path, json.status().message());
  const auto parsed = google::protobuf::util::JsonStringToMessage(*json, &partner);
  if (!parsed.ok()) return BadSeed(path, std::string(parsed.message()));
  if (!partner.partner_id().empty() && partner.partner_id() != name) {
    return BadSeed(path, absl::StrCat("partnerId must be the name of the folder, ", name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListSeedFolders(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (fs::exists(it->path() / kMappingFile, ignored) || fs::exists(it->path() / kSettingsFile, ignored)) {
      names.push_back(it->path().filename().string());
    }
  }
  if (error) {
    return Refusal(absl::StatusCode::kNotFound, "NO_SEED_DIRECTORY", absl::StrCat(directory, ": ", error.message()),
                   {{"path", directory}});
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<v1::CreatePartnerRequest> ReadSeedFolder(const std::string& directory, const std::string& name) {
  const fs::path folder = fs::path(directory) / name;
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const bool hidden = it->path().filename().string().starts_with('.');
    if (hidden && it->is_directory(ignored)) it.disable_recursion_pending();
    if (!hidden && it->is_regular_file(ignored)) paths.push_back(it->path());
    // One more: the settings.
    if (paths.size() > static_cast<size_t>(kMaxConfigFiles) + 1) return BadSeed(folder, "holds more than 200 files");
  }
  if (error) return BadSeed(folder, error.message());
  std::sort(paths.begin(), paths.end());
  v1::CreatePartnerRequest request;
  request.set_message("From the folder that the mesh started with.");
  for (const fs::path& path : paths) {
    const std::string relative = path.lexically_relative(folder).string();
    if (relative == kSettingsFile) {
      OM_RETURN_IF_ERROR(ReadSettings(path, name, *request.mutable_partner()));
      continue;
    }
    OM_ASSIGN_OR_RETURN(std::string content, ReadFile(path));
    auto* file = request.add_files();
    file->set_path(relative);
    file->set_content(std::move(content));
  }
  request.mutable_partner()->set_partner_id(name);
  return request;
}

}  // namespace ordermesh::partners
