// The data folder of a store: `db` (RocksDB), `acknowledged` (the mark) and, while backups are made, `checkpoints`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/kv/ack_mark.h"
#include "services/common/kv/kv.h"
#include "services/common/kv/rocks_kv.h"

namespace ordermesh::kv {

// Where the mark of a data folder is.
std::string MarkPath(const std::string& data);

// Opens or creates the database of a data folder; `rocks.directory` is set here. INVALID_ARGUMENT where the folder
// cannot be made, FAILED_PRECONDITION (UNFINISHED_RESTORE) where a restore into it was interrupted, else as
// OpenRocksKv.
absl::StatusOr<std::unique_ptr<Kv>> OpenStoreDatabase(const std::string& data, RocksOptions rocks,
                                                      const std::vector<FamilyOptions>& families);

// The database with its mark.
struct StoreFolder {
  std::unique_ptr<Kv> kv;
  std::unique_ptr<AckMark> mark;
};
absl::StatusOr<StoreFolder> OpenStoreFolder(const std::string& data, RocksOptions rocks,
                                            const std::vector<FamilyOptions>& families);

}  // namespace ordermesh::kv
