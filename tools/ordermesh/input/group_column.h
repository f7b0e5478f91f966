// Which column of a partner's CSV files groups rows to orders: `csv: {group_by: InvoiceNo}` in the partner's
// mapping.yaml.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ordermesh::cli {

// Looks in the first of `folders` that has PARTNER/mapping.yaml. Empty where the mapping names no column: each row is
// an order. NOT_FOUND where no folder has the partner, because rows sent one by one that belong together would all be
// refused. INVALID_ARGUMENT where the file cannot be read as YAML.
absl::StatusOr<std::string> FindGroupColumn(const std::vector<std::filesystem::path>& folders,
                                            const std::string& partner);

// Where mappings are looked for without --config: config/partners under the current folder, then under the project that
// the program was built in (its path is ROOT/build/bin/ordermesh).
std::vector<std::filesystem::path> DefaultConfigFolders(const std::filesystem::path& program);

}  // namespace ordermesh::cli
