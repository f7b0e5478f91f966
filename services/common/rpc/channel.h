// Channels to other parts of the mesh.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace ordermesh::rpc {

// A channel that comes back quickly: gRPC's own pauses between attempts grow to two minutes, ours from 50 to 500 ms.
// Each call opens its own connection, so that two streams do not share one flow-control window.
std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address);

}  // namespace ordermesh::rpc
