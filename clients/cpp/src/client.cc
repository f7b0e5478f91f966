#include "ordermesh/client.h"

#include <cstdint>
#include <cstdio>
#include <random>
#include <utility>

namespace ordermesh {
namespace {

constexpr int kMaxMessageBytes = 16 << 20;

// The retry policy of every client of Ordermesh.
constexpr char kServiceConfig[] =
#include "service_config.inc"
    ;

// A random UUID (version 4).
std::string NewRequestId() {
  thread_local std::mt19937_64 random(std::random_device{}());
  const std::uint64_t high = (random() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random() & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);
  char text[37];
  std::snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xffff),
                static_cast<unsigned>(low >> 48), static_cast<unsigned long long>(low & 0xffff'ffff'ffff));
  return text;
}

std::shared_ptr<grpc::Channel> Connect(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // gRPC's own pauses grow to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  if (!options.tls) return grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments);
  grpc::SslCredentialsOptions roots;
  roots.pem_root_certs = options.root_certificates;
  return grpc::CreateCustomChannel(options.address, grpc::SslCredentials(roots), arguments);
}

}  // namespace

Client::Client(ClientOptions options) : options_(std::move(options)) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options_);
  feed_ = feed::v1::FeedService::NewStub(channel);
  orders_ = order::v1::OrderService::NewStub(channel);
  errors_ = error::v1::ErrorService::NewStub(channel);
  partners_ = partners::v1::PartnersService::NewStub(channel);
}

void Client::AddHeaders(grpc::ClientContext* context, const std::string& request_id) const {
  if (!options_.api_key.empty()) context->AddMetadata("x-api-key", options_.api_key);
  if (!options_.token.empty()) context->AddMetadata("authorization", "Bearer " + options_.token);
  context->AddMetadata("x-request-id", request_id.empty() ? NewRequestId() : request_id);
  if (!options_.trace_context) return;
  const std::string traceparent = options_.trace_context();
  if (!traceparent.empty()) context->AddMetadata("traceparent", traceparent);
}

void Client::Prepare(grpc::ClientContext* context, const std::string& request_id) const {
  AddHeaders(context, request_id);
  context->set_deadline(std::chrono::system_clock::now() + options_.timeout);
}

Result Client::Submit(const std::string& partner_id, std::string payload, const std::string& request_id) {
  feed::v1::SubmitOrderRequest request;
  request.set_partner_id(partner_id);
  request.set_raw_payload(std::move(payload));
  grpc::ClientContext context;
  Prepare(&context, request_id);
  Result result;
  result.status = feed_->SubmitOrder(&context, request, &result.verdict);
  return result;
}

grpc::Status Client::SubmitBatch(const std::string& partner_id, std::vector<std::string> payloads,
                                 feed::v1::BatchSubmitOrdersResponse* response) {
  feed::v1::BatchSubmitOrdersRequest request;
  request.set_partner_id(partner_id);
  for (std::string& payload : payloads) request.add_orders()->set_raw_payload(std::move(payload));
  grpc::ClientContext context;
  Prepare(&context);
  return feed_->BatchSubmitOrders(&context, request, response);
}

std::unique_ptr<OrderStream> Client::Stream(const std::string& partner_id, StreamLimits limits) {
  return std::make_unique<OrderStream>(
      feed_.get(), [this](grpc::ClientContext* context) { AddHeaders(context, ""); }, partner_id, limits);
}

}  // namespace ordermesh
