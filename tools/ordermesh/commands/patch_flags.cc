#include "tools/ordermesh/commands/patch_flags.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/commands/environment.h"

namespace ordermesh::cli {
namespace {

// "lines[].CustomerID=\"C-1\"": a path, then a JSON value.
absl::Status AddSet(const std::string& text, error::v1::Patch* patch) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return InvalidField("--set", "needs PATH=JSON, as lines[].price=\"1.50\"");
  auto* set = patch->add_operations()->mutable_set();
  set->set_path(text.substr(0, equals));
  set->set_value(text.substr(equals + 1));
  return absl::OkStatus();
}

}  // namespace

void AddPatchOptions(CLI::Option_group& group, PatchFlags& flags) {
  group.add_option("--patch", flags.file, "The changes of this patch, as errors patch prints it");
  group.add_option("--set", flags.set, "Set a member, PATH=JSON (\"lines[].id=7\" sets it in every line); repeatable");
  group.add_option("--remove", flags.remove, "Remove the member at this path; repeatable");
}

absl::StatusOr<error::v1::Patch> PatchOf(const PatchFlags& flags) {
  error::v1::Patch patch;
  if (!flags.file.empty()) {
    OM_ASSIGN_OR_RETURN(const std::string text, ReadWhole(flags.file, kMaxOrderBytes));
    const auto parsed = google::protobuf::util::JsonStringToMessage(text, &patch);
    if (!parsed.ok()) return InvalidField("--patch", absl::StrCat("is no patch: ", parsed.ToString()));
  }
  for (const std::string& set : flags.set) OM_RETURN_IF_ERROR(AddSet(set, &patch));
  for (const std::string& path : flags.remove) patch.add_operations()->mutable_remove()->set_path(path);
  return patch;
}

}  // namespace ordermesh::cli
