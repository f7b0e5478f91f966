// Where a load goes: through the edge with a partner's key, or straight to the feed with the gateway's certificate.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/ordermesh/client/connection.h"

namespace ordermesh::bench {

enum class Route {
  // The gateway's gRPC.
  kEdge,
  // The feed's gRPC, as the gateway calls it: mTLS and an identity.
  kDirect,
  // The gateway's HTTP.
  kRest,
};

struct TargetOptions {
  Route route = Route::kEdge;
  // Address and credential at the edge; without a credential the partner's key in credentials.json.
  client::ConnectionFlags connection;
  // Direct: the folder with ca.pem and gateway/{cert,key}.pem (empty: tls/ in the data folder).
  std::string tls_dir;
  // Direct: which service is meant, and its HOST:PORT (empty: as tools/up wrote it).
  std::string service = "feed";
  std::string address;
  // Direct: plaintext, for tests.
  bool insecure = false;
};

// Finds the mesh (at the edge with the key of `partner`, or as the operator where that is empty), waits for it up to
// `wait`, and sees that it answers, so that the load does not begin with the mesh's start. UNAVAILABLE where it does
// not; INVALID_ARGUMENT, NOT_FOUND for flags that name nothing.
absl::StatusOr<client::Connection> FindTarget(const TargetOptions& options, const std::string& partner,
                                              absl::Duration wait);

}  // namespace ordermesh::bench
