#include "services/common/rpc/rpc_metrics.h"

#include <grpcpp/support/interceptor.h>

#include <chrono>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "services/common/telemetry/metrics.h"

namespace ordermesh::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

constexpr const char* kCodeNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

const char* TypeName(ServerRpcInfo::Type type) {
  switch (type) {
    case ServerRpcInfo::Type::UNARY:
      return "unary";
    case ServerRpcInfo::Type::CLIENT_STREAMING:
      return "client_stream";
    case ServerRpcInfo::Type::SERVER_STREAMING:
      return "server_stream";
    case ServerRpcInfo::Type::BIDI_STREAMING:
      return "bidi_stream";
  }
  return "unknown";
}

// The metrics of one method; made once, found by the method's name.
struct MethodMetrics {
  telemetry::Labels labels;
  prometheus::Counter* started;
  prometheus::Histogram* seconds;

  MethodMetrics(const std::string& path, ServerRpcInfo::Type type) {
    const size_t slash = path.rfind('/');
    labels = {{"grpc_service", path.substr(1, slash - 1)},
              {"grpc_method", path.substr(slash + 1)},
              {"grpc_type", TypeName(type)}};
    started = &telemetry::Counter("grpc_server_started_total", "RPCs started on the server.", labels);
    seconds = &telemetry::Histogram("grpc_server_handling_seconds", "Time from start to end of an RPC.", labels,
                                    telemetry::SecondsBuckets());
  }

  void Handled(int code) const {
    telemetry::Labels with_code = labels;
    with_code["grpc_code"] = code >= 0 && code <= 16 ? kCodeNames[code] : "Unknown";
    telemetry::Counter("grpc_server_handled_total", "RPCs completed on the server, by code.", with_code).Increment();
  }
};

class MetricsInterceptor final : public Interceptor {
 public:
  explicit MetricsInterceptor(const MethodMetrics& metrics) : metrics_(metrics) { metrics_.started->Increment(); }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      metrics_.Handled(static_cast<int>(methods->GetSendStatus().error_code()));
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
      metrics_.seconds->Observe(elapsed.count());
    }
    methods->Proceed();
  }

 private:
  const MethodMetrics& metrics_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class MetricsFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    const std::string path = info->method();
    absl::MutexLock lock(&mutex_);
    auto& metrics = methods_[path];
    if (metrics == nullptr) metrics = std::make_unique<MethodMetrics>(path, info->type());
    return new MetricsInterceptor(*metrics);
  }

 private:
  absl::Mutex mutex_;
  // Bounded: only methods that are registered get here.
  absl::flat_hash_map<std::string, std::unique_ptr<MethodMetrics>> methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> NewRpcMetrics() {
  return std::make_unique<MetricsFactory>();
}

}  // namespace ordermesh::rpc
