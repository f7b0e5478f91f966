#include "services/common/rpc/name_follower.h"

#include <netdb.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::rpc {
namespace {

std::string Numeric(const addrinfo& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return address.ai_family == AF_INET6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

}  // namespace

std::string NameOf(const std::string& address) {
  constexpr std::string_view kScheme = "dns:///";
  return address.starts_with(kScheme) ? address.substr(kScheme.size()) : "";
}

absl::StatusOr<std::vector<std::string>> ResolveByDns(const std::string& name) {
  const size_t colon = name.rfind(':');
  if (colon == std::string::npos) return absl::UnavailableError(absl::StrCat(name, " has no port"));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(name.substr(0, colon).c_str(), name.substr(colon + 1).c_str(), &hints, &found);
  if (code != 0) return absl::UnavailableError(absl::StrCat(name, ": ", gai_strerror(code)));
  std::vector<std::string> addresses;
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    if (std::string address = Numeric(*next); !address.empty()) addresses.push_back(std::move(address));
  }
  freeaddrinfo(found);
  if (addresses.empty()) return absl::UnavailableError(absl::StrCat(name, " has no address"));
  return addresses;
}

// Shared with the thread, which is left to itself when the follower goes.
struct NameFollower::State {
  State(NameFollowerOptions options, OnAddresses on_addresses)
      : options(std::move(options)), on_addresses(std::move(on_addresses)) {}

  bool Awake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return stopping || hurry; }

  const NameFollowerOptions options;
  const OnAddresses on_addresses;
  absl::Mutex mutex;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  bool hurry ABSL_GUARDED_BY(mutex) = false;
  // Held while the callback runs, so that the destructor can wait for it.
  absl::Mutex calling;
  bool gone ABSL_GUARDED_BY(calling) = false;
};

NameFollower::NameFollower(NameFollowerOptions options, OnAddresses on_addresses)
    : state_(std::make_shared<State>(std::move(options), std::move(on_addresses))) {
  std::thread([state = state_] { Run(state); }).detach();
}

NameFollower::~NameFollower() {
  {
    absl::MutexLock lock(&state_->mutex);
    state_->stopping = true;
  }
  absl::MutexLock lock(&state_->calling);
  state_->gone = true;
}

void NameFollower::LookSoon() {
  absl::MutexLock lock(&state_->mutex);
  state_->hurry = true;
}

void NameFollower::Run(const std::shared_ptr<State>& state) {
  const NameFollowerOptions& options = state->options;
  bool known = true;
  while (true) {
    auto addresses = options.resolve(options.name);
    const absl::Time looked = absl::Now();
    if (addresses.ok() && !addresses->empty()) {
      std::sort(addresses->begin(), addresses->end());
      addresses->erase(std::unique(addresses->begin(), addresses->end()), addresses->end());
      absl::MutexLock lock(&state->calling);
      if (state->gone) return;
      state->on_addresses(*addresses);
    }
    {
      absl::MutexLock lock(&state->mutex);
      if (state->stopping) return;
      // One line for each time that it goes away.
      if (const bool now_known = addresses.ok(); std::exchange(known, now_known) && !now_known) {
        telemetry::LogWarning("a name cannot be resolved",
                              {{"name", options.name}, {"reason", std::string(addresses.status().message())}});
      }
      state->mutex.AwaitWithDeadline(absl::Condition(&state->stopping), looked + options.soon);
      state->mutex.AwaitWithDeadline(absl::Condition(state.get(), &State::Awake), looked + options.every);
      state->hurry = false;
      if (state->stopping) return;
    }
  }
}

}  // namespace ordermesh::rpc
