// Prometheus metrics of every RPC, by the names that existing gRPC dashboards use.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>

namespace ordermesh::rpc {

// grpc_server_started_total, grpc_server_handled_total (by code) and grpc_server_handling_seconds, by service and
// method.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> NewRpcMetrics();

}  // namespace ordermesh::rpc
