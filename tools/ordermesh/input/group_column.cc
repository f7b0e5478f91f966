#include "tools/ordermesh/input/group_column.h"

#include <yaml-cpp/yaml.h>

#include "absl/strings/str_cat.h"

namespace ordermesh::cli {

absl::StatusOr<std::string> FindGroupColumn(const std::vector<std::filesystem::path>& folders,
                                            const std::string& partner) {
  for (const std::filesystem::path& folder : folders) {
    const std::filesystem::path path = folder / partner / "mapping.yaml";
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    // yaml-cpp reports by exceptions; none leaves this function.
    try {
      const YAML::Node csv = YAML::LoadFile(path.string())["csv"];
      if (!csv.IsDefined() || !csv.IsMap()) return "";
      const YAML::Node column = csv["group_by"];
      return column.IsDefined() ? column.as<std::string>() : std::string();
    } catch (const YAML::Exception& problem) {
      return absl::InvalidArgumentError(absl::StrCat(path.string(), ": ", problem.what()));
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no mapping.yaml of partner ", partner,
                   " found: give its folder's parent with --config DIR, name the column that groups "
                   "rows with --group-by COLUMN, or give --ungrouped for one order a row"));
}

std::vector<std::filesystem::path> DefaultConfigFolders(const std::filesystem::path& program) {
  const std::filesystem::path config = std::filesystem::path("config") / "partners";
  return {config, program.parent_path().parent_path().parent_path() / config};
}

}  // namespace ordermesh::cli
