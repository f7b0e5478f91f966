// A connection to Ordermesh: credentials, deadline, retries and request ids on every call.
#ifndef ORDERMESH_CLIENT_H_
#define ORDERMESH_CLIENT_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "ordermesh/order_stream.h"
#include "ordermesh/partners/v1/partners_service.grpc.pb.h"

namespace ordermesh {

// Where Ordermesh is, and who calls.
struct ClientOptions {
  // host:port of the partner gRPC edge.
  std::string address;
  // The partner's API key; empty where `token` is given.
  std::string api_key;
  // A bearer token, for people and machines of the operator.
  std::string token;
  // Plaintext is for local use only.
  bool tls = false;
  // PEM of the roots to trust; empty means the system's.
  std::string root_certificates;
  // How long a unary call may take, all retries included.
  std::chrono::milliseconds timeout{10'000};
  // Returns the W3C traceparent of the calling code's span, or nothing. Called from many threads.
  std::function<std::string()> trace_context;
};

// One connection, made by the first call and again whenever it breaks. Safe to use from many threads; must outlive its
// streams.
//
// Unary calls that fail with UNAVAILABLE or RESOURCE_EXHAUSTED are sent again up to five times: sending an order again
// is safe. Verdicts are results; every other failure is a grpc::Status.
class Client {
 public:
  explicit Client(ClientOptions options);

  // Sends one order, the partner's own JSON byte for byte (at most 1 MiB). An empty `request_id` becomes a new one.
  Result Submit(const std::string& partner_id, std::string payload, const std::string& request_id = "");

  // Sends 1 to 10,000 orders, 8 MiB at most; `response` has their verdicts in the order sent.
  grpc::Status SubmitBatch(const std::string& partner_id, std::vector<std::string> payloads,
                           feed::v1::BatchSubmitOrdersResponse* response);

  // Opens a stream for many orders of one partner.
  std::unique_ptr<OrderStream> Stream(const std::string& partner_id, StreamLimits limits = {});

  // Puts credential, request id and trace context on a call that is made through a stub below, and the deadline.
  void Prepare(grpc::ClientContext* context, const std::string& request_id = "") const;

  // The generated stubs on this connection; owned by the client.
  feed::v1::FeedService::Stub* feed() { return feed_.get(); }
  order::v1::OrderService::Stub* orders() { return orders_.get(); }
  error::v1::ErrorService::Stub* errors() { return errors_.get(); }
  partners::v1::PartnersService::Stub* partners() { return partners_.get(); }

 private:
  void AddHeaders(grpc::ClientContext* context, const std::string& request_id) const;

  const ClientOptions options_;
  std::unique_ptr<feed::v1::FeedService::Stub> feed_;
  std::unique_ptr<order::v1::OrderService::Stub> orders_;
  std::unique_ptr<error::v1::ErrorService::Stub> errors_;
  std::unique_ptr<partners::v1::PartnersService::Stub> partners_;
};

}  // namespace ordermesh

#endif  // ORDERMESH_CLIENT_H_
