// Channels to other parts of the mesh.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ordermesh::rpc {

struct ChannelOptions {
  // As ClientCredentials (tls.h) makes them; none means plaintext.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // Sent with every call: an API key, for example. Binary values need a name that ends in `-bin`.
  std::vector<std::pair<std::string, std::string>> metadata;
};

// A channel that comes back quickly: gRPC's own pauses between attempts grow to two minutes, ours from 50 to 500 ms.
// Each channel opens its own connections, so that two streams do not share one flow-control window. Calls go to all
// addresses behind a name in turn. dispatcher.h and fresh_stub.h follow a name more closely.
std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address, const ChannelOptions& options = {});

}  // namespace ordermesh::rpc
