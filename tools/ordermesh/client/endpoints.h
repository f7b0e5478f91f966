// Where the parts of a mesh listen. tools/up writes it; flags and the environment override it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ordermesh::client {

// The parts that a client calls.
enum class Part { kFeed, kValidation, kOrderStore, kErrorStore };

// As in the contract's process names without their prefix: "feed", "order-store" and so on.
std::string_view NameOf(Part part);

// Addresses as HOST:PORT. A store has one for each shard, shard 0 first.
struct Endpoints {
  std::string feed;
  std::string validation;
  std::vector<std::string> order_stores;
  std::vector<std::string> error_stores;
};

// Reads {"feed": "...", "validation": "...", "orderStores": [...], "errorStores": [...]}; members that are missing stay
// empty. INVALID_ARGUMENT where the text is not that.
absl::StatusOr<Endpoints> ParseEndpoints(std::string_view json);

// How a client finds a mesh.
struct MeshConfig {
  // The mesh's data folder; tools/up keeps run/endpoints.json in it.
  std::filesystem::path data;
  // What is set here is used instead of the file.
  Endpoints overrides;
};

// The addresses of one part: of the overrides, or else of the file, which is read anew each time because the mesh may
// be starting. UNAVAILABLE where the file or the part in it is missing.
absl::StatusOr<std::vector<std::string>> AddressesOf(const MeshConfig& config, Part part);

// The address of the part's admin port, where health is served: the gRPC port + 10. INVALID_ARGUMENT without a port.
absl::StatusOr<std::string> AdminAddressOf(std::string_view address);

}  // namespace ordermesh::client
