#include "services/feed/service/lease_renewer.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>
#include <vector>

#include "services/common/rpc/blocking_call.h"
#include "services/common/rpc/status.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::feed {
namespace {

// A partners service that takes longer is treated as away: whoever waits for a lease is decided without it.
constexpr auto kDeadline = std::chrono::milliseconds(250);
// Between two requests, however many wait for a lease.
constexpr absl::Duration kShortestPause = absl::Milliseconds(2);
constexpr absl::Duration kPauseWhileAway = absl::Milliseconds(200);

absl::Time SteadyNow() {
  using std::chrono::nanoseconds;
  return absl::FromUnixNanos(
      std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

LeaseRenewer::LeaseRenewer(const std::string& address, const rpc::ChannelOptions& channel, const std::string& holder)
    : stub_(address, channel),
      leases_(telemetry::Counter("ordermesh_feed_leases_total", "Requests for leases.", {{"result", "granted"}})),
      failures_(telemetry::Counter("ordermesh_feed_leases_total", "Requests for leases.", {{"result", "failed"}})),
      limits_(holder, SteadyNow, [this] { Wake(); }) {
  thread_ = std::thread([this] { Run(); });
}

LeaseRenewer::~LeaseRenewer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    woken_ = true;
  }
  thread_.join();
}

void LeaseRenewer::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void LeaseRenewer::Run() {
  bool away = false;
  while (true) {
    const std::optional<bool> answered = Renew();
    if (answered.has_value() && away == *answered) {
      away = !*answered;
      telemetry::LogWarning(away ? "no leases: limits are kept by the last known shares" : "leases are granted again");
    }
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    // The shortest pause gathers those who come at the same time into one request.
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), away ? kPauseWhileAway : kShortestPause);
    mutex_.AwaitWithTimeout(absl::Condition(&woken_), limits_.Pace());
    if (stopping_) return;
    woken_ = false;
  }
}

std::optional<bool> LeaseRenewer::Renew() {
  std::vector<std::shared_ptr<LimitAccount>> asked;
  const partners::v1::LeaseTokensRequest request = limits_.Next(&asked);
  if (asked.empty()) return std::nullopt;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  partners::v1::LeaseTokensResponse response;
  const auto stub = stub_.Get();
  const absl::Status status = rpc::FromGrpc(rpc::BlockingCall(
      [&](auto done) { stub->async()->LeaseTokens(&context, &request, &response, std::move(done)); }));
  (status.ok() ? leases_ : failures_).Increment();
  if (status.ok()) {
    limits_.Answer(asked, request, response);
  } else {
    limits_.Answer(asked, request, status);
    stub_.Renew();
  }
  return status.ok();
}

}  // namespace ordermesh::feed
