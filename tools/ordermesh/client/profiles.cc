#include "tools/ordermesh/client/profiles.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"

namespace ordermesh::client {
namespace {

constexpr size_t kMaxSecretBytes = 16 << 10;
constexpr size_t kMaxNameBytes = 64;
constexpr char kKeyPrefix[] = "omk_live_";
constexpr size_t kShownOfAKey = 13;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// At most `limit` + 1 bytes of a stream: one more tells that there are too many.
std::string ReadUpTo(std::istream& stream, size_t limit) {
  std::string text(limit + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

bool ReadProfile(const nlohmann::json& object, Profile& profile) {
  if (!object.is_object()) return false;
  const auto text = [&object](const char* name, std::string& to) {
    const auto found = object.find(name);
    if (found == object.end()) return true;
    if (found->is_string()) to = found->get<std::string>();
    return found->is_string();
  };
  const auto tls = object.find("tls");
  if (tls != object.end() && !tls->is_boolean()) return false;
  profile.tls = tls != object.end() && tls->get<bool>();
  return text("address", profile.address) && text("apiKey", profile.api_key) && text("token", profile.token) &&
         text("tlsCa", profile.tls_ca);
}

}  // namespace

absl::StatusOr<Profiles> LoadProfiles(const std::filesystem::path& file) {
  Profiles profiles;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return profiles;
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const absl::Status damaged = absl::InvalidArgumentError(
      absl::StrCat(file.string(), " is damaged: mend it, or remove it and set your profiles again"));
  if (!object.is_object()) return damaged;
  if (const auto current = object.find("current"); current != object.end()) {
    if (!current->is_string()) return damaged;
    profiles.current = current->get<std::string>();
  }
  const auto all = object.find("profiles");
  if (all == object.end()) return profiles;
  if (!all->is_object()) return damaged;
  for (const auto& [name, profile] : all->items()) {
    if (!ReadProfile(profile, profiles.by_name[name])) return damaged;
  }
  return profiles;
}

absl::Status SaveProfiles(const std::filesystem::path& file, const Profiles& profiles) {
  auto all = nlohmann::ordered_json::object();
  for (const auto& [name, profile] : profiles.by_name) {
    auto& object = all[name] = {{"address", profile.address}, {"tls", profile.tls}};
    if (!profile.api_key.empty()) object["apiKey"] = profile.api_key;
    if (!profile.token.empty()) object["token"] = profile.token;
    if (!profile.tls_ca.empty()) object["tlsCa"] = profile.tls_ca;
  }
  std::error_code error;
  if (std::filesystem::create_directories(file.parent_path(), error)) {
    std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, error);
  }
  const nlohmann::ordered_json document = {{"current", profiles.current}, {"profiles", all}};
  return WritePrivateFile(file, document.dump(2) + "\n");
}

bool IsProfileName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != kLocalProfile &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
         });
}

std::string MaskSecret(std::string_view secret) {
  if (secret.empty()) return "";
  const bool key = absl::StartsWith(View(secret), kKeyPrefix) && secret.size() > 2 * kShownOfAKey;
  return absl::StrCat(key ? View(secret.substr(0, kShownOfAKey)) : "", "…");
}

absl::Status CheckSecret(std::string_view what, std::string_view secret) {
  if (secret.empty()) return absl::InvalidArgumentError(absl::StrCat(View(what), " holds no key or token"));
  if (secret.size() > kMaxSecretBytes ||
      !std::all_of(secret.begin(), secret.end(), [](unsigned char c) { return absl::ascii_isgraph(c); })) {
    return absl::InvalidArgumentError(absl::StrCat(View(what), " holds no key or token: those are one word of ASCII"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  std::string text;
  if (path == "-") {
    text = ReadUpTo(std::cin, kMaxSecretBytes);
  } else {
    std::ifstream file(path, std::ios::binary);
    if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
    text = ReadUpTo(file, kMaxSecretBytes);
  }
  const std::string secret(absl::StripAsciiWhitespace(text));
  OM_RETURN_IF_ERROR(CheckSecret(path == "-" ? "standard input" : path, secret));
  return secret;
}

absl::Status WritePrivateFile(const std::filesystem::path& file, std::string_view content) {
  const std::string temporary = absl::StrCat(file.string(), ".new.", getpid());
  const auto failed = [&] {
    const absl::Status status =
        absl::DataLossError(absl::StrCat("cannot write ", file.string(), ": ", std::strerror(errno)));
    unlink(temporary.c_str());
    return status;
  };
  unlink(temporary.c_str());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return failed();
  const bool written = write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  if (close(fd) != 0 || !written || rename(temporary.c_str(), file.c_str()) != 0) return failed();
  return absl::OkStatus();
}

}  // namespace ordermesh::client
