// The files by which tools/up tells clients of a local mesh where it is and how to get in.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ordermesh::client {

// Addresses as HOST:PORT; empty where the file does not name them.
struct Endpoints {
  // The edge: REST, gRPC for partners and gRPC for operators.
  std::string http;
  std::string grpc;
  std::string operator_grpc;
  // Behind the edge, for who has a certificate of the mesh.
  std::string feed;
  // One address a shard.
  std::vector<std::string> order_stores;
  std::vector<std::string> error_stores;
  std::string partners;
};

// What a local mesh lets its owner in with.
struct Credentials {
  std::string operator_token;
  // API keys by partner.
  std::map<std::string, std::string> partners;
};

// Read run/endpoints.json and credentials.json under the data folder, anew each time because the mesh may be starting.
// UNAVAILABLE where the file is missing or not what tools/up writes.
absl::StatusOr<Endpoints> ReadEndpoints(const std::filesystem::path& data);
absl::StatusOr<Credentials> ReadCredentials(const std::filesystem::path& data);

}  // namespace ordermesh::client
