// How a client gets to a mesh: one address of the edge, one credential, perhaps TLS.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "services/common/rpc/channel.h"

namespace ordermesh::client {

// What the command line and the environment say.
struct ConnectionFlags {
  // The data folder of a mesh of tools/up, and whether it was named: then it goes before the current profile.
  std::filesystem::path data = ".ordermesh";
  bool data_named = false;
  // The person's profiles; no file where empty.
  std::filesystem::path profiles_file;
  std::string profile;
  std::string address;
  std::string api_key_file;
  std::string token_file;
  bool tls = false;
  std::string tls_ca;
  // Of the files or the environment: secrets are never arguments.
  std::string api_key;
  std::string token;
};

// ORDERMESH_API_KEY and ORDERMESH_TOKEN, and where profiles are kept ($XDG_CONFIG_HOME or ~/.config).
void ReadEnvironment(ConnectionFlags& flags);

// --address, --api_key_file, --token_file, --tls, --tls_ca and --data, with the environment's names.
void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags);

// After parsing: reads the file that --api_key_file or --token_file names, once, because it may be a pipe; it goes
// before the environment. Errors are those of ReadSecret; INVALID_ARGUMENT where the environment has both a key and a
// token.
absl::Status CompleteFlags(const CLI::App& app, ConnectionFlags& flags);

struct Connection {
  std::string address;
  rpc::ChannelOptions channel;
  // For people: "the operator of .ordermesh", "the profile shop".
  std::string who;
};

// The address is --address, or the profile's (--profile; or the current one, unless --data names a local mesh), or the
// local mesh's. The credential is that of a flag, or of the environment, or the profile's; or the local operator's,
// which is sent to the local mesh only. A key goes to the local edge's port for partners, a token to the one for
// operators. NOT_FOUND for an unknown profile, INVALID_ARGUMENT for a damaged file of profiles, UNAVAILABLE where the
// local mesh is not there.
absl::StatusOr<Connection> FindConnection(const ConnectionFlags& flags);

std::shared_ptr<grpc::Channel> Connect(const Connection& connection);

}  // namespace ordermesh::client
