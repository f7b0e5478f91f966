// Follows what a DNS name stands for: the pods behind a headless Service come and go.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ordermesh::rpc {

// The part of `dns:///name:port` after the scheme; empty where the address is of another form, which gRPC resolves.
std::string NameOf(const std::string& address);

// Numeric addresses (ip:port, [ip]:port) of name:port. UNAVAILABLE where there are none, or nobody could tell.
using Resolve = std::function<absl::StatusOr<std::vector<std::string>>(const std::string& name)>;

// As the machine resolves names. Blocks as long as it is set up to.
absl::StatusOr<std::vector<std::string>> ResolveByDns(const std::string& name);

struct NameFollowerOptions {
  // name:port.
  std::string name;
  Resolve resolve = ResolveByDns;
  // Between two looks, and between two that LookSoon asks for.
  absl::Duration every = absl::Seconds(2);
  absl::Duration soon = absl::Milliseconds(500);
};

class NameFollower {
 public:
  // Called on the follower's thread after each look that found something, with at least one address, sorted. Nothing is
  // said of a look that failed: what was known before stays good.
  using OnAddresses = std::function<void(const std::vector<std::string>&)>;

  NameFollower(NameFollowerOptions options, OnAddresses on_addresses);
  // The callback is not running when it returns and will not run. Does not wait for a look that is under way: a name
  // server that is away may take long to be given up on.
  ~NameFollower();

  NameFollower(const NameFollower&) = delete;
  NameFollower& operator=(const NameFollower&) = delete;

  // Something is amiss: looks without waiting for the next turn. Safe from any thread, cheap, never blocks.
  void LookSoon();

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace ordermesh::rpc
