#include "services/common/rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/client_interceptor.h>

#include "services/common/base/limits.h"

namespace ordermesh::rpc {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using Metadata = std::vector<std::pair<std::string, std::string>>;

// gRPC's own call credentials refuse plaintext channels, which the edge may be in front of a TLS terminator.
class AddMetadata final : public Interceptor {
 public:
  explicit AddMetadata(const Metadata& metadata) : metadata_(metadata) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      for (const auto& [name, value] : metadata_) methods->GetSendInitialMetadata()->emplace(name, value);
    }
    methods->Proceed();
  }

 private:
  const Metadata& metadata_;
};

class AddMetadataFactory final : public ClientInterceptorFactoryInterface {
 public:
  explicit AddMetadataFactory(Metadata metadata) : metadata_(std::move(metadata)) {}
  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override { return new AddMetadata(metadata_); }

 private:
  const Metadata metadata_;
};

// A config is checked without a trace: any validation may be asked, and asked again. A server that is going away
// cancels what reaches it late.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "ordermesh.validation.v1.ValidationService", "method": "CheckMapping"}],
    "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]
    }
  }]
})";

}  // namespace

std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address, const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Finds a peer whose machine went away without a word.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A connection that is lost makes gRPC ask the name server again, but not more often than each 30 s by itself.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  arguments.SetServiceConfigJSON(kServiceConfig);
  // A name's TXT record must not say how we call.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetMaxReceiveMessageSize(kMaxClientMessageBytes);
  const auto credentials = options.credentials != nullptr ? options.credentials : grpc::InsecureChannelCredentials();
  if (options.metadata.empty()) return grpc::CreateCustomChannel(address, credentials, arguments);
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<AddMetadataFactory>(options.metadata));
  return grpc::experimental::CreateCustomChannelWithInterceptors(address, credentials, arguments,
                                                                 std::move(interceptors));
}

}  // namespace ordermesh::rpc
