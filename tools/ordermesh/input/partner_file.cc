#include "tools/ordermesh/input/partner_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "services/common/base/yaml_json.h"

namespace ordermesh::cli {
namespace {

using google::protobuf::FieldDescriptor;
using partners::v1::Partner;

// Whether an update may change it.
bool IsSetting(const FieldDescriptor& field) {
  if (field.number() == Partner::kPartnerIdFieldNumber || field.number() == Partner::kEtagFieldNumber) return false;
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::OUTPUT_ONLY) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<PartnerSettings> ParsePartnerSettings(const std::string& name, std::string_view yaml) {
  const auto fault = [&name](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", what));
  };
  const auto json = YamlToJson(yaml);
  if (!json.ok()) return fault(json.status().message());
  PartnerSettings settings;
  const auto parsed = google::protobuf::util::JsonStringToMessage(*json, &settings.partner);
  if (!parsed.ok()) return fault(std::string(parsed.message()));
  const auto document = nlohmann::json::parse(*json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fault("must be a map of a partner's settings");
  const auto* descriptor = Partner::descriptor();
  for (const auto& [key, value] : document.items()) {
    const FieldDescriptor* field = descriptor->FindFieldByCamelcaseName(key);
    if (field == nullptr) field = descriptor->FindFieldByName(key);
    if (field != nullptr && IsSetting(*field)) settings.named.add_paths(field->name());
  }
  return settings;
}

}  // namespace ordermesh::cli
