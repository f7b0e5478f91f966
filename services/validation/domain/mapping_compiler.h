// Compiles the files of a partner's folder to a plan.
#pragma once

#include <optional>
#include <string_view>

#include "services/validation/domain/mapping_plan.h"
#include "services/validation/domain/partner_plan.h"
#include "services/validation/domain/yaml_reader.h"

namespace ordermesh::validation {

inline constexpr std::string_view kMappingFile = "mapping.yaml";
// A folder's bounds.
inline constexpr int kMaxFolderFiles = 200;
inline constexpr size_t kMaxConfigFileBytes = 1 << 20;

// The file of that path in the folder; nullptr where there is none.
const v1::ConfigFile* FindFile(const ConfigFiles& files, std::string_view path);

// The plan of mapping.yaml and the files that it names; nothing where there is a fault, which is in the log.
std::optional<MappingPlan> CompileMapping(std::string_view partner_id, const ConfigFiles& files, ProblemLog& problems);

}  // namespace ordermesh::validation
