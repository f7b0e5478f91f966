#include "tools/ordermesh/client/endpoints.h"

#include <charconv>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"

namespace ordermesh::client {
namespace {

constexpr int kAdminPortDistance = 10;

std::vector<std::string> OneOrNone(const std::string& address) {
  return address.empty() ? std::vector<std::string>{} : std::vector<std::string>{address};
}

std::vector<std::string> Select(const Endpoints& endpoints, Part part) {
  switch (part) {
    case Part::kFeed:
      return OneOrNone(endpoints.feed);
    case Part::kValidation:
      return OneOrNone(endpoints.validation);
    case Part::kOrderStore:
      return endpoints.order_stores;
    case Part::kErrorStore:
      return endpoints.error_stores;
  }
  return {};
}

bool ReadText(const nlohmann::json& object, const char* name, std::string& to) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  if (!found->is_string()) return false;
  to = found->get<std::string>();
  return true;
}

bool ReadTexts(const nlohmann::json& object, const char* name, std::vector<std::string>& to) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  if (!found->is_array()) return false;
  for (const auto& item : *found) {
    if (!item.is_string()) return false;
    to.push_back(item.get<std::string>());
  }
  return true;
}

}  // namespace

std::string_view NameOf(Part part) {
  switch (part) {
    case Part::kFeed:
      return "feed";
    case Part::kValidation:
      return "validation";
    case Part::kOrderStore:
      return "order-store";
    case Part::kErrorStore:
      return "error-store";
  }
  return "";
}

absl::StatusOr<Endpoints> ParseEndpoints(std::string_view json) {
  const auto object = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  Endpoints endpoints;
  if (!object.is_object() || !ReadText(object, "feed", endpoints.feed) ||
      !ReadText(object, "validation", endpoints.validation) ||
      !ReadTexts(object, "orderStores", endpoints.order_stores) ||
      !ReadTexts(object, "errorStores", endpoints.error_stores)) {
    return absl::InvalidArgumentError("not an endpoints file: an object of addresses is expected");
  }
  return endpoints;
}

absl::StatusOr<std::vector<std::string>> AddressesOf(const MeshConfig& config, Part part) {
  if (auto addresses = Select(config.overrides, part); !addresses.empty()) return addresses;
  const std::filesystem::path path = config.data / "run" / "endpoints.json";
  const std::string name(NameOf(part));
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::UnavailableError(absl::StrCat("no mesh found: ", path.string(),
                                               " is missing. Start it with tools/up, set "
                                               "ORDERMESH_DATA to its data folder, or give --",
                                               name, " HOST:PORT"));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto endpoints = ParseEndpoints(text);
  if (!endpoints.ok()) {
    return absl::UnavailableError(
        absl::StrCat(path.string(), ": ", endpoints.status().message(), ". Start the mesh again with tools/up"));
  }
  auto addresses = Select(*endpoints, part);
  if (addresses.empty()) {
    return absl::UnavailableError(
        absl::StrCat(path.string(), " has no ", name, ". Start the mesh again with tools/up, or give --", name));
  }
  return addresses;
}

absl::StatusOr<std::string> AdminAddressOf(std::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon != std::string_view::npos) {
    const char* end = address.data() + address.size();
    const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end) port = 0;
  }
  if (port <= 0 || port > 65'535 - kAdminPortDistance) return InvalidField("address", "must be HOST:PORT");
  const std::string_view host = address.substr(0, colon + 1);
  return absl::StrCat(absl::string_view(host.data(), host.size()), port + kAdminPortDistance);
}

}  // namespace ordermesh::client
