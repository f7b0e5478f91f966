#include "tools/ordermesh/client/endpoints.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"

namespace ordermesh::client {
namespace {

absl::StatusOr<nlohmann::json> ReadObject(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::UnavailableError(
        absl::StrCat("no mesh found: ", path.string(),
                     " is missing. Start it with tools/up, set ORDERMESH_DATA to its data folder, or name another mesh "
                     "with --address HOST:PORT or --profile NAME"));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::UnavailableError(
        absl::StrCat(path.string(), " is not what tools/up writes. Start the mesh again with it"));
  }
  return object;
}

// The text of a member; empty where it is missing or no text.
std::string TextOf(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The texts of a list; none where it is missing.
std::vector<std::string> TextsOf(const nlohmann::json& object, const char* name) {
  std::vector<std::string> texts;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& text : *found) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace

absl::StatusOr<Endpoints> ReadEndpoints(const std::filesystem::path& data) {
  OM_ASSIGN_OR_RETURN(const nlohmann::json object, ReadObject(data / "run" / "endpoints.json"));
  return Endpoints{TextOf(object, "http"),    TextOf(object, "grpc"),         TextOf(object, "operatorGrpc"),
                   TextOf(object, "feed"),    TextsOf(object, "orderStores"), TextsOf(object, "errorStores"),
                   TextOf(object, "partners")};
}

absl::StatusOr<Credentials> ReadCredentials(const std::filesystem::path& data) {
  OM_ASSIGN_OR_RETURN(const nlohmann::json object, ReadObject(data / "credentials.json"));
  Credentials credentials;
  credentials.operator_token = TextOf(object, "operator");
  const auto partners = object.find("partners");
  if (partners == object.end() || !partners->is_object()) return credentials;
  for (const auto& [name, key] : partners->items()) credentials.partners[name] = TextOf(*partners, name.c_str());
  return credentials;
}

}  // namespace ordermesh::client
