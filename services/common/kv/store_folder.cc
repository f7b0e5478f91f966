#include "services/common/kv/store_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::kv {
namespace {

// What `ordermesh backup restore` fills before it puts the store in its place.
constexpr char kRestoreFolder[] = "/.restore";

}  // namespace

std::string MarkPath(const std::string& data) { return absl::StrCat(data, "/acknowledged"); }

absl::StatusOr<std::unique_ptr<Kv>> OpenStoreDatabase(const std::string& data, RocksOptions rocks,
                                                      const std::vector<FamilyOptions>& families) {
  std::error_code error;
  std::filesystem::create_directories(data, error);
  if (error) return InvalidField("data", absl::StrCat("cannot be created: ", error.message()));
  rocks.directory = absl::StrCat(data, "/db");
  // Else an empty store would be started where a full one was meant to be.
  if (std::filesystem::exists(data + kRestoreFolder) && !std::filesystem::exists(rocks.directory)) {
    return Refusal(absl::StatusCode::kFailedPrecondition, "UNFINISHED_RESTORE",
                   absl::StrCat("a restore into ", data, " was interrupted: run it again"));
  }
  return OpenRocksKv(rocks, families);
}

absl::StatusOr<StoreFolder> OpenStoreFolder(const std::string& data, RocksOptions rocks,
                                            const std::vector<FamilyOptions>& families) {
  StoreFolder folder;
  OM_ASSIGN_OR_RETURN(folder.kv, OpenStoreDatabase(data, std::move(rocks), families));
  OM_ASSIGN_OR_RETURN(folder.mark, AckMark::Open(MarkPath(data)));
  return folder;
}

}  // namespace ordermesh::kv
