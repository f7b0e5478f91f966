#include "tests/faults/proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"

namespace ordermesh::faults {
namespace {

constexpr int kLookMs = 20;
constexpr absl::Duration kHoldLook = absl::Milliseconds(2);
constexpr size_t kPiece = 64 << 10;

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// -1 where nobody listens there.
int ConnectTo(int port) {
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return file;
  ::close(file);
  return -1;
}

void SendWithoutDelay(int file) {
  const int yes = 1;
  ::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

bool IsReady(int file, short event) {
  pollfd wanted = {file, event, 0};
  return ::poll(&wanted, 1, kLookMs) > 0;
}

}  // namespace

struct Proxy::Link {
  int caller = -1;
  int service = -1;
  std::atomic<bool> ended{false};
  // Nothing is carried any more, and nobody is told.
  std::atomic<bool> silent{false};
  std::atomic<int> carrying{2};
  std::thread requests;
  std::thread answers;

  // False where the link ends before everything is written: a reader may be slow for long.
  bool WriteAll(int file, const char* bytes, size_t size) const {
    while (size > 0 && !ended) {
      if (!IsReady(file, POLLOUT)) continue;
      const ssize_t written = ::send(file, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (written < 0 && errno == EAGAIN) continue;
      if (written <= 0) return false;
      bytes += written;
      size -= static_cast<size_t>(written);
    }
    return size == 0;
  }

  void End(bool reset) {
    if (ended.exchange(true)) return;
    for (const int file : {caller, service}) {
      // Closing a connection that must not linger is a reset; the close comes with the threads' end.
      const linger now = {1, 0};
      if (reset) ::setsockopt(file, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
      if (!reset) ::shutdown(file, SHUT_RDWR);
    }
  }
  ~Link() {
    if (requests.joinable()) requests.join();
    if (answers.joinable()) answers.join();
    ::close(caller);
    ::close(service);
  }
};

Proxy::Proxy(int target_port) : target_port_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  OM_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  OM_CHECK(::listen(listener_, 64) == 0);
  OM_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

Proxy::~Proxy() {
  stopping_ = true;
  acceptor_.join();
  ::close(listener_);
  absl::MutexLock lock(&mutex_);
  for (const auto& link : links_) link->End(/*reset=*/true);
  links_.clear();
}

void Proxy::Accept() {
  while (!stopping_) {
    // What comes during a partition waits in the queue of the kernel.
    if (network_ == Network::kPartition) absl::SleepFor(kHoldLook);
    const bool waiting = network_ != Network::kPartition && IsReady(listener_, POLLIN);
    absl::MutexLock lock(&mutex_);
    DropEnded();
    if (!waiting) continue;
    const int caller = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (caller < 0) continue;
    const int service = ConnectTo(target_port_);
    if (service < 0) {
      ::close(caller);
      continue;
    }
    ++connections_;
    SendWithoutDelay(caller);
    SendWithoutDelay(service);
    auto link = std::make_unique<Link>();
    link->caller = caller;
    link->service = service;
    link->requests = std::thread([this, raw = link.get()] { Carry(*raw, Direction::kRequests); });
    link->answers = std::thread([this, raw = link.get()] { Carry(*raw, Direction::kAnswers); });
    links_.push_back(std::move(link));
  }
}

void Proxy::DropEnded() {
  links_.remove_if([](const std::unique_ptr<Link>& link) { return link->carrying == 0; });
}

bool Proxy::Holds(Direction direction) const {
  switch (network_.load()) {
    case Network::kWhole:
      return false;
    case Network::kPartition:
      return true;
    case Network::kAnswersLost:
      return direction == Direction::kAnswers;
    case Network::kRequestsLost:
      return direction == Direction::kRequests;
  }
  return false;
}

bool Proxy::Pass(const Link& link, Direction direction) const {
  while (!stopping_ && !link.ended && (Holds(direction) || link.silent)) absl::SleepFor(kHoldLook);
  return !stopping_ && !link.ended;
}

void Proxy::Carry(Link& link, Direction direction) {
  const bool requests = direction == Direction::kRequests;
  const int from = requests ? link.caller : link.service;
  const int to = requests ? link.service : link.caller;
  std::vector<char> piece(kPiece);
  while (Pass(link, direction)) {
    if (!IsReady(from, POLLIN)) continue;
    // It may have become impassable while nothing came.
    if (Holds(direction) || link.silent) continue;
    const ssize_t size = ::recv(from, piece.data(), piece.size(), 0);
    if (size <= 0) break;
    if (const int64_t delay_us = delay_us_; delay_us > 0) absl::SleepFor(absl::Microseconds(delay_us));
    if (!Pass(link, direction) || !link.WriteAll(to, piece.data(), static_cast<size_t>(size))) break;
  }
  link.End(/*reset=*/false);
  --link.carrying;
}

void Proxy::Reset() {
  absl::MutexLock lock(&mutex_);
  for (const auto& link : links_) link->End(/*reset=*/true);
}

void Proxy::HalfClose() {
  absl::MutexLock lock(&mutex_);
  for (const auto& link : links_) {
    if (link->ended) continue;
    link->silent = true;
    ::shutdown(link->service, SHUT_WR);
  }
}

}  // namespace ordermesh::faults
