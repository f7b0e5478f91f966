#include "services/partners/domain/config_files.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/errors.h"
#include "services/common/base/unified_diff.h"
#include "services/partners/domain/limits.h"
#include "services/partners/domain/settings.h"

namespace ordermesh::partners {
namespace {

using validation::v1::ConfigFile;

absl::Status CheckPath(const std::string& field, const std::string& path) {
  if (path.empty()) return InvalidField(field, "must not be empty");
  OM_RETURN_IF_ERROR(CheckText(field, path, kMaxConfigPathBytes));
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part[0] == '.') return InvalidField(field, "must be relative, without empty or hidden parts");
  }
  if (path.find('\\') != path.npos) return InvalidField(field, "must have no backslash");
  if (path == kSettingsFile) return InvalidField(field, "partner.yaml holds settings and is no part of a config");
  return absl::OkStatus();
}

void AddDiff(const std::string& path, const ConfigFile* before, const ConfigFile* after, size_t& bytes_left,
             v1::DiffConfigVersionsResponse* response) {
  const auto content = [](const ConfigFile* file) {
    return file == nullptr ? std::nullopt : std::optional<std::string_view>(file->content());
  };
  std::string diff = UnifiedDiff(path, content(before), content(after));
  if (diff.empty()) return;
  if (diff.size() > bytes_left) diff = DiffersOnly(path);
  bytes_left -= std::min(bytes_left, diff.size());
  auto* file = response->add_files();
  file->set_path(path);
  file->set_unified_diff(std::move(diff));
}

}  // namespace

absl::StatusOr<ConfigFiles> TakeFiles(const ConfigFiles& files) {
  if (files.size() > kMaxConfigFiles) return InvalidField("files", "must be at most 200");
  size_t bytes = 0;
  bool has_mapping = false;
  for (int i = 0; i < files.size(); ++i) {
    OM_RETURN_IF_ERROR(CheckPath(absl::StrCat("files[", i, "].path"), files[i].path()));
    bytes += files[i].path().size() + files[i].content().size();
    has_mapping |= files[i].path() == kMappingFile;
  }
  if (bytes > kMaxConfigBytes) return InvalidField("files", "must be at most 1 MiB in all");
  if (!has_mapping) return InvalidField("files", "must hold mapping.yaml");
  ConfigFiles sorted = files;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.path() < b.path(); });
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                        [](const auto& a, const auto& b) { return a.path() == b.path(); });
  if (twice != sorted.end()) return InvalidField("files", absl::StrCat("must hold ", twice->path(), " once only"));
  return sorted;
}

absl::Status CheckMessage(std::string_view message, bool required) {
  if (required && message.empty()) return InvalidField("message", "is required: say why");
  return CheckText("message", message, kMaxMessageBytes, /*several_lines=*/true);
}

bool SameFiles(const ConfigFiles& a, const ConfigFiles& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.path() == right.path() && left.content() == right.content();
  });
}

void DiffFiles(const ConfigFiles& base, const ConfigFiles& files, v1::DiffConfigVersionsResponse* response) {
  size_t bytes_left = kMaxDiffBytes;
  int i = 0, j = 0;
  while (i < base.size() || j < files.size()) {
    const bool only_base = j == files.size() || (i < base.size() && base[i].path() < files[j].path());
    const bool only_new = i == base.size() || (j < files.size() && files[j].path() < base[i].path());
    const ConfigFile* before = only_new ? nullptr : &base[i++];
    const ConfigFile* after = only_base ? nullptr : &files[j++];
    AddDiff(before != nullptr ? before->path() : after->path(), before, after, bytes_left, response);
  }
}

}  // namespace ordermesh::partners
