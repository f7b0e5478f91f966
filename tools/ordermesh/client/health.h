// Asking a part whether it serves, by the standard protocol grpc.health.v1.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ordermesh::client {

// The values of grpc.health.v1.HealthCheckResponse.ServingStatus.
enum class Serving { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// "SERVING" and so on, as in the protocol.
std::string NameOf(Serving serving);

// Calls grpc.health.v1.Health/Check for `service`; empty means the server as a whole. kServiceUnknown where the server
// does not know the service; an error where there is no answer within the time.
absl::StatusOr<Serving> CheckHealth(const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
                                    absl::Duration timeout);

}  // namespace ordermesh::client
