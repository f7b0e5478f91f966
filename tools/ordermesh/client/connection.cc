#include "tools/ordermesh/client/connection.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/tls.h"
#include "tools/ordermesh/client/endpoints.h"
#include "tools/ordermesh/client/profiles.h"

namespace ordermesh::client {
namespace {

// As whom to call; without both nobody.
struct Secret {
  std::string api_key;
  std::string token;
  std::string who;

  bool empty() const { return api_key.empty() && token.empty(); }
};

std::string Text(const char* value) { return value == nullptr ? "" : value; }

// The credential that a flag or the environment gave, if any.
Secret GivenSecret(const ConnectionFlags& flags) {
  if (!flags.api_key_file.empty()) return {flags.api_key, "", absl::StrCat("the key in ", flags.api_key_file)};
  if (!flags.token_file.empty()) return {"", flags.token, absl::StrCat("the token in ", flags.token_file)};
  if (!flags.api_key.empty()) return {flags.api_key, "", "the key in ORDERMESH_API_KEY"};
  if (!flags.token.empty()) return {"", flags.token, "the token in ORDERMESH_TOKEN"};
  return {};
}

// The profile to use, with its name; an empty name is the local mesh.
absl::StatusOr<std::pair<std::string, Profile>> ChosenProfile(const ConnectionFlags& flags) {
  const bool named = !flags.profile.empty();
  if (flags.profile == kLocalProfile || (!named && (flags.data_named || !flags.address.empty()))) return {{"", {}}};
  Profiles profiles;
  if (!flags.profiles_file.empty()) {
    OM_ASSIGN_OR_RETURN(profiles, LoadProfiles(flags.profiles_file));
  }
  const std::string name = named ? flags.profile : profiles.current;
  if (name.empty()) return {{"", {}}};
  const auto found = profiles.by_name.find(name);
  if (found == profiles.by_name.end()) {
    return absl::NotFoundError(
        absl::StrCat("there is no profile ", name, ": `ordermesh profile list` shows those there are"));
  }
  return {{name, found->second}};
}

Connection MakeConnection(std::string address, const Secret& secret, bool tls, const std::string& tls_ca) {
  Connection connection;
  connection.address = std::move(address);
  connection.who = secret.who;
  if (!secret.api_key.empty()) connection.channel.metadata.emplace_back("x-api-key", secret.api_key);
  if (!secret.token.empty()) connection.channel.metadata.emplace_back("authorization", "Bearer " + secret.token);
  if (tls || !tls_ca.empty()) connection.channel.credentials = rpc::EdgeCredentials(tls_ca);
  return connection;
}

absl::StatusOr<Connection> LocalConnection(const ConnectionFlags& flags, Secret secret) {
  OM_ASSIGN_OR_RETURN(const Endpoints endpoints, ReadEndpoints(flags.data));
  if (secret.empty()) {
    OM_ASSIGN_OR_RETURN(const Credentials credentials, ReadCredentials(flags.data));
    secret = {"", credentials.operator_token, absl::StrCat("the operator in ", flags.data.string())};
  }
  const std::string& address = secret.api_key.empty() ? endpoints.operator_grpc : endpoints.grpc;
  if (address.empty()) {
    return absl::UnavailableError(
        absl::StrCat("the mesh in ", flags.data.string(), " has no gateway. Start it again with tools/up"));
  }
  return MakeConnection(address, secret, flags.tls, flags.tls_ca);
}

}  // namespace

void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags) {
  app.add_option("--data", flags.data, "The data folder of a local mesh (default .ordermesh)")
      ->envname("ORDERMESH_DATA");
  app.add_option("--address", flags.address,
                 "HOST:PORT of the mesh's edge, in place of the local mesh or the profile's")
      ->envname("ORDERMESH_ADDRESS");
  CLI::Option* key =
      app.add_option("--api_key_file,--api-key-file", flags.api_key_file,
                     "A file with a partner's API key (or set ORDERMESH_API_KEY to the key); - is standard input");
  app.add_option("--token_file,--token-file", flags.token_file,
                 "A file with an operator's token (or set ORDERMESH_TOKEN to the token); - is standard input")
      ->excludes(key);
  app.add_flag("--tls", flags.tls, "The edge speaks TLS");
  app.add_option("--tls_ca,--tls-ca", flags.tls_ca, "TLS with the authorities in this file (default: the system's)");
}

absl::Status CompleteFlags(const CLI::App& app, ConnectionFlags& flags) {
  flags.data_named = flags.data_named || app.get_option("--data")->count() > 0;
  if (!flags.api_key_file.empty()) {
    flags.token.clear();
    OM_ASSIGN_OR_RETURN(flags.api_key, ReadSecret(flags.api_key_file));
  } else if (!flags.token_file.empty()) {
    flags.api_key.clear();
    OM_ASSIGN_OR_RETURN(flags.token, ReadSecret(flags.token_file));
  } else if (!flags.api_key.empty() && !flags.token.empty()) {
    return absl::InvalidArgumentError("ORDERMESH_API_KEY and ORDERMESH_TOKEN are both set: unset one of them");
  }
  if (!flags.api_key.empty()) return CheckSecret("the API key", flags.api_key);
  return flags.token.empty() ? absl::OkStatus() : CheckSecret("the token", flags.token);
}

void ReadEnvironment(ConnectionFlags& flags) {
  flags.api_key = Text(std::getenv("ORDERMESH_API_KEY"));
  flags.token = Text(std::getenv("ORDERMESH_TOKEN"));
  const std::string config = Text(std::getenv("XDG_CONFIG_HOME"));
  const std::string home = Text(std::getenv("HOME"));
  if (!config.empty()) {
    flags.profiles_file = std::filesystem::path(config) / "ordermesh" / "profiles.json";
  } else if (!home.empty()) {
    flags.profiles_file = std::filesystem::path(home) / ".config" / "ordermesh" / "profiles.json";
  }
}

absl::StatusOr<Connection> FindConnection(const ConnectionFlags& flags) {
  Secret secret = GivenSecret(flags);
  OM_ASSIGN_OR_RETURN(const auto chosen, ChosenProfile(flags));
  const auto& [name, profile] = chosen;
  if (name.empty() && flags.address.empty()) return LocalConnection(flags, std::move(secret));
  if (secret.empty() && !name.empty()) {
    secret = {profile.api_key, profile.token, absl::StrCat("the profile ", name)};
  }
  return MakeConnection(flags.address.empty() ? profile.address : flags.address, secret, flags.tls || profile.tls,
                        flags.tls_ca.empty() ? profile.tls_ca : flags.tls_ca);
}

std::shared_ptr<grpc::Channel> Connect(const Connection& connection) {
  return rpc::ConnectTo(connection.address, connection.channel);
}

}  // namespace ordermesh::client
