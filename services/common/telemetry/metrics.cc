#include "services/common/telemetry/metrics.h"

#include <arpa/inet.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace ordermesh::telemetry {

const std::shared_ptr<prometheus::Registry>& MetricRegistry() {
  static auto* const registry = new std::shared_ptr<prometheus::Registry>(
      std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge));
  return *registry;
}

prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*MetricRegistry()).Add(labels);
}

prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*MetricRegistry()).Add(labels);
}

prometheus::Histogram& Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                 const std::vector<double>& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*MetricRegistry()).Add(labels, buckets);
}

const std::vector<double>& SecondsBuckets() {
  static const auto* const buckets = new std::vector<double>{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                             0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return *buckets;
}

const std::vector<double>& SizeBuckets() {
  static const auto* const buckets =
      new std::vector<double>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
  return *buckets;
}

struct MetricsServer::Impl {
  prometheus::Exposer exposer;
  // Where it listens.
  sockaddr_in address{};
};

namespace {

void Knock(const sockaddr_in& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
}

}  // namespace

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() {
  // The library's thread looks every 2 s whether it should end, and at every connection: a pod would stop so much
  // later.
  absl::Notification ended;
  std::thread waker([&ended, address = impl_->address] {
    do {
      Knock(address);
    } while (!ended.WaitForNotificationWithTimeout(absl::Milliseconds(20)));
  });
  impl_ = nullptr;
  ended.Notify();
  waker.join();
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address) {
  // The library reports a port that is taken by an exception: it ends here.
  try {
    auto impl = std::unique_ptr<Impl>(new Impl{prometheus::Exposer(address, 1)});
    impl->address.sin_family = AF_INET;
    impl->address.sin_port = htons(static_cast<uint16_t>(impl->exposer.GetListeningPorts().at(0)));
    inet_pton(AF_INET, address.substr(0, address.rfind(':')).c_str(), &impl->address.sin_addr);
    impl->exposer.RegisterCollectable(MetricRegistry());
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", address, ": ", error.what()));
  }
}

}  // namespace ordermesh::telemetry
