// Named meshes of a person: address, credential and TLS, kept in a file that only its owner may read.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ordermesh::client {

// The name that always stands for the mesh of tools/up under the data folder; no profile can have it.
inline constexpr char kLocalProfile[] = "local";

// One mesh, and as whom to speak to it. At most one of the two secrets is set.
struct Profile {
  // HOST:PORT of the edge's gRPC: the port for partners with an API key, the one for operators with a token.
  std::string address;
  std::string api_key;
  std::string token;
  bool tls = false;
  // Authorities of the edge's certificate; empty means the system's.
  std::string tls_ca;
};

struct Profiles {
  // The one that is used where none is named; empty means the local mesh.
  std::string current;
  std::map<std::string, Profile> by_name;
};

// A file that is missing holds no profiles. INVALID_ARGUMENT where it is damaged.
absl::StatusOr<Profiles> LoadProfiles(const std::filesystem::path& file);

// Writes by rename, mode 0600, and makes the folder (0700) where it is missing.
absl::Status SaveProfiles(const std::filesystem::path& file, const Profiles& profiles);

// 1 to 64 letters, digits, dots, dashes and underlines, and not "local".
bool IsProfileName(std::string_view name);

// Enough of a secret to tell it from another: the public start of an API key, nothing of a token.
std::string MaskSecret(std::string_view secret);

// The secret in a file, or on standard input for "-": its text without white space around it. INVALID_ARGUMENT where it
// is empty, larger than 16 KiB or cannot be a credential; NOT_FOUND where the file cannot be read.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

// INVALID_ARGUMENT unless the text can be sent as a credential: 1 byte to 16 KiB of visible ASCII. `what` names it.
absl::Status CheckSecret(std::string_view what, std::string_view secret);

// Writes a file that only its owner may read: by rename, mode 0600. DATA_LOSS where it cannot be written.
absl::Status WritePrivateFile(const std::filesystem::path& file, std::string_view content);

}  // namespace ordermesh::client
