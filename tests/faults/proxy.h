// A TCP proxy in front of a service whose connections can be hurt: the network of a test.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordermesh::faults {

// What the network does. A partition keeps what is sent, as the kernels of both ends would, and passes it on when it
// heals.
enum class Network {
  kWhole,
  // Nothing passes, connections stay open and silent; nor does a new one come about.
  kPartition,
  // Requests arrive and their answers do not.
  kAnswersLost,
  // Answers arrive and new requests do not.
  kRequestsLost,
};

// Listens on a port of 127.0.0.1 and passes every connection on to another. Thread-safe.
class Proxy {
 public:
  // A free port is chosen. The target need not listen yet.
  explicit Proxy(int target_port);
  // Cuts every connection.
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  int port() const { return port_; }
  void Set(Network network) { network_ = network; }
  // Each piece arrives so much later.
  void Delay(absl::Duration delay) { delay_us_ = absl::ToInt64Microseconds(delay); }
  // Both ends of every connection see a reset.
  void Reset() ABSL_LOCKS_EXCLUDED(mutex_);
  // Every connection ends for one side only: the service is told that nothing more comes, its caller is told nothing
  // and gets no answer any more.
  void HalfClose() ABSL_LOCKS_EXCLUDED(mutex_);
  // Connections that were made so far.
  int64_t connections() const { return connections_; }

 private:
  struct Link;
  enum class Direction { kRequests, kAnswers };

  void Accept();
  void Carry(Link& link, Direction direction);
  // Waits while the network lets nothing through; false once the link or the proxy ends.
  bool Pass(const Link& link, Direction direction) const;
  bool Holds(Direction direction) const;
  void DropEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int target_port_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<Network> network_{Network::kWhole};
  std::atomic<int64_t> delay_us_{0};
  std::atomic<int64_t> connections_{0};
  absl::Mutex mutex_;
  std::list<std::unique_ptr<Link>> links_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace ordermesh::faults
