// The client side of a bidirectional stream of batches: one queue, one stream a peer, bounded windows, answers matched
// by tag; what has no answer when a stream breaks is sent again, to any peer. Delivery is at least once: the peer must
// know a repeat. Behind a name each address is a peer; they may come and go.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/dispatch_queue.h"
#include "services/common/rpc/dispatcher_options.h"
#include "services/common/rpc/name_follower.h"
#include "services/common/rpc/status.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"

namespace ordermesh::rpc {

// `Traits` names the types of one RPC:
//   Item, Request, Response, Result: messages; Result has tag() and mutable_status(), Response has results
//   Context: what the caller wants back with the answer; movable
//   Stub, NewStub(channel), Open(stub, client_context, reactor)
//   Append(Request&, std::unique_ptr<Item>, const Context&): adds the item; SetTag(Item&, tag)
//   Abandoned(const Context&): nobody waits any more: an item that was never sent may be dropped
//   MarkPoison(Item&): only called with isolate_suspects
template <typename Traits>
class Dispatcher {
 public:
  using Request = typename Traits::Request;
  using Response = typename Traits::Response;
  using Queue = DispatchQueue<Traits>;
  using Submission = typename Queue::Submission;
  using Answer = typename Queue::Answer;

  // Called on gRPC's threads without a lock held, possibly on several at once: must not block. May call Submit.
  using OnAnswers = std::function<void(std::vector<Answer>&)>;

  Dispatcher(DispatcherOptions options, OnAnswers on_answers)
      : options_(std::move(options)),
        on_answers_(std::move(on_answers)),
        queue_(options_.max_items, options_.max_bytes, options_.isolate_suspects) {
    for (size_t i = 0; i < options_.addresses.size(); ++i) {
      NameFollowerOptions names = options_.names;
      names.name = NameOf(options_.addresses[i]);
      if (names.name.empty()) {
        SetAddresses(i, {options_.addresses[i]});
      } else {
        names_.push_back(std::make_unique<NameFollower>(
            std::move(names), [this, i](const std::vector<std::string>& found) { SetAddresses(i, found); }));
      }
    }
    ticker_ = std::thread([this] { Tick(); });
  }

  // Ends every stream and waits for them. Items without an answer get none.
  ~Dispatcher() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      for (auto& peer : peers_) {
        if (peer != nullptr && peer->call != nullptr) peer->call->context.TryCancel();
      }
    }
    ticker_.join();
    names_.clear();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](Dispatcher* self) { return self->open_calls_ == 0; }, this));
  }

  // Takes the items of `batch` from its front while there is room, and erases what it took. What is left must be
  // answered by the caller.
  void Submit(std::vector<Submission>& batch) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<Write> writes;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time now = absl::Now();
      size_t taken = 0;
      while (taken < batch.size() && queue_.Take(batch[taken], now)) ++taken;
      batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(taken));
      CollectWrites(now, writes);
    }
    StartWrites(writes);
  }

  // Items that wait or are under way.
  size_t items() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return queue_.items();
  }

  // Streams that are open.
  size_t connected() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return static_cast<size_t>(std::count_if(peers_.begin(), peers_.end(),
                                             [](const auto& peer) { return peer != nullptr && peer->connected; }));
  }

 private:
  static constexpr absl::Duration kTick = absl::Milliseconds(20);
  static constexpr absl::Duration kReconnectPause = absl::Milliseconds(20);
  // How long an address that its name has no more may take to answer what it has; then that is sent to another.
  static constexpr absl::Duration kLeaveAfter = absl::Seconds(3);

  struct Call;

  struct Peer {
    std::string address;
    size_t origin = 0;  // Index of the option that it stands behind.
    std::unique_ptr<typename Traits::Stub> stub;
    Call* call = nullptr;
    // Calls that are not deleted yet; each holds the channel.
    int calls = 0;
    bool connected = false;
    bool writing = false;
    absl::Time reconnect_at = absl::InfinitePast();
    // When its address was first missing behind the name.
    absl::Time vanished_at = absl::InfiniteFuture();

    bool vanished() const { return vanished_at != absl::InfiniteFuture(); }
  };
  using PeerPtr = std::unique_ptr<Peer>;

  // A write that was decided under the lock and is started without it: starting it serializes the message.
  struct Write {
    Call* call;
    std::shared_ptr<Request> request;
  };

  // One stream, from its opening to OnDone.
  struct Call final : grpc::ClientBidiReactor<Request, Response> {
    Call(Dispatcher& owner, uint32_t peer, std::string address)
        : owner(owner), peer(peer), address(std::move(address)) {}

    void OnReadInitialMetadataDone(bool ok) override {
      if (ok) owner.Connected(*this);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return owner.Closed(*this);
      owner.Answered(*this);
      this->StartRead(&response);
    }
    void OnWriteDone(bool ok) override { owner.Written(*this); }
    void OnDone(const grpc::Status& status) override {
      Dispatcher& dispatcher = owner;
      const uint32_t ended = peer;
      dispatcher.Done(*this, FromGrpc(status));
      // The context holds the channel, whose last reference must not be dropped on this thread (gRPC would join it):
      // the call goes before the dispatcher is told that it may.
      delete this;
      dispatcher.CallEnded(ended);
    }

    Dispatcher& owner;
    const uint32_t peer;
    const std::string address;
    grpc::ClientContext context;
    Response response;
    // Keeps the message that is being written.
    std::shared_ptr<Request> request;
    bool closed = false;
  };

  void CollectWrites(absl::Time now, std::vector<Write>& writes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ++turn_;  // Another peer first each time, so that light load is spread too.
    const bool staying = AnyStays();
    for (size_t i = 0; i < peers_.size() && queue_.waiting() > 0; ++i) {
      const auto index = static_cast<uint32_t>((turn_ + i) % peers_.size());
      Peer* const peer = peers_[index].get();
      if (peer == nullptr || !peer->connected || peer->writing || (staying && peer->vanished())) continue;
      auto request = queue_.NextMessage(index, now);
      if (request == nullptr) continue;
      peer->writing = true;
      peer->call->request = request;
      // Keeps the call until its write was started, outside the lock.
      peer->call->AddHold();
      writes.push_back({peer->call, std::move(request)});
    }
  }

  // A stream is open to a peer whose name still has it: only then may those without be left.
  bool AnyStays() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return std::any_of(peers_.begin(), peers_.end(),
                       [](const PeerPtr& peer) { return peer != nullptr && peer->connected && !peer->vanished(); });
  }

  // What stands behind the option now. New peers are connected to by the next tick.
  void SetAddresses(size_t origin, const std::vector<std::string>& addresses) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    std::set<std::string> missing(addresses.begin(), addresses.end());
    for (const PeerPtr& peer : peers_) {
      if (peer == nullptr || peer->origin != origin) continue;
      if (missing.erase(peer->address) > 0) {
        peer->vanished_at = absl::InfiniteFuture();
      } else if (!peer->vanished()) {
        peer->vanished_at = absl::Now();
      }
    }
    for (const std::string& address : missing) {
      auto free = std::find(peers_.begin(), peers_.end(), nullptr);
      if (free == peers_.end()) free = peers_.insert(free, nullptr);
      queue_.EnsurePeer(static_cast<uint32_t>(free - peers_.begin()));
      *free = std::make_unique<Peer>();
      (*free)->address = address;
      (*free)->origin = origin;
      (*free)->stub = Traits::NewStub(ConnectTo(address, options_.channel));
    }
  }

  // Leaves peers that their name has no more. What it gives must be destroyed without the lock, on no thread of gRPC's.
  std::vector<PeerPtr> Leave(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<PeerPtr> left;
    const bool staying = AnyStays();
    for (PeerPtr& peer : peers_) {
      if (peer == nullptr || !peer->vanished()) continue;
      const bool leave = !peer->connected || (staying && now - peer->vanished_at > kLeaveAfter);
      if (peer->call != nullptr && leave) peer->call->context.TryCancel();
      if (peer->call == nullptr && peer->calls == 0) left.push_back(std::move(peer));
    }
    return left;
  }

  static void StartWrites(std::vector<Write>& writes) {
    for (Write& write : writes) {
      write.call->StartWrite(write.request.get());
      write.call->RemoveHold();
    }
  }

  void Connected(Call& call) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<Write> writes;
    {
      absl::MutexLock lock(&mutex_);
      if (call.closed || stopping_) return;
      peers_[call.peer]->connected = true;
      CollectWrites(absl::Now(), writes);
    }
    telemetry::LogInfo("stream opened", {{"peer", options_.name}, {"address", call.address}});
    StartWrites(writes);
  }

  void Written(Call& call) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<Write> writes;
    {
      absl::MutexLock lock(&mutex_);
      call.request = nullptr;
      peers_[call.peer]->writing = false;
      if (!call.closed && !stopping_) CollectWrites(absl::Now(), writes);
    }
    StartWrites(writes);
  }

  void Answered(Call& call) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<Answer> answers;
    std::vector<Write> writes;
    answers.reserve(static_cast<size_t>(call.response.results_size()));
    {
      absl::MutexLock lock(&mutex_);
      for (auto& result : *call.response.mutable_results()) queue_.Land(call.peer, result, answers);
      if (!call.closed && !stopping_) CollectWrites(absl::Now(), writes);
    }
    call.response.Clear();
    StartWrites(writes);
    if (!answers.empty()) on_answers_(answers);
  }

  // No answer will come any more. Writes that were decided before hold the call.
  void Closed(Call& call) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      call.closed = true;
      peers_[call.peer]->connected = false;
    }
    call.RemoveHold();
  }

  void Done(Call& call, const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<Write> writes;
    size_t unanswered = 0;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time now = absl::Now();
      Peer& peer = *peers_[call.peer];
      peer.call = nullptr;
      peer.connected = false;
      peer.writing = false;
      peer.reconnect_at = now + kReconnectPause;
      if (stopping_) return;
      // Where the address is gone, what was on the way there is not what ended it.
      unanswered = queue_.TakeBack(call.peer, /*died=*/!IsDraining(status) && !peer.vanished(), now);
      CollectWrites(now, writes);
      resent_.Increment(static_cast<double>(unanswered));
    }
    telemetry::LogInfo("stream ended", {{"peer", options_.name},
                                        {"address", call.address},
                                        {"code", absl::StatusCodeToString(status.code())},
                                        {"message", std::string(status.message())},
                                        {"unanswered", static_cast<int64_t>(unanswered)}});
    StartWrites(writes);
  }

  // The last thing that a call does: the dispatcher may be gone when it returns.
  void CallEnded(uint32_t peer) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    --peers_[peer]->calls;
    --open_calls_;
  }

  // Reconnects, leaves, sends and expires, without traffic too.
  void Tick() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (true) {
      std::vector<Answer> expired;
      std::vector<PeerPtr> left;
      std::vector<Write> writes;
      bool all_connected = true;
      {
        absl::MutexLock lock(&mutex_);
        if (stopping_) return;
        const absl::Time now = absl::Now();
        left = Leave(now);
        for (uint32_t peer = 0; peer < peers_.size(); ++peer) {
          if (peers_[peer] == nullptr) continue;
          all_connected = all_connected && peers_[peer]->connected;
          Reconnect(peer, now);
        }
        queue_.Expire(now, options_.max_wait, away_, expired);
        CollectWrites(now, writes);  // What waited for company that never came.
        waiting_gauge_.Set(static_cast<double>(queue_.waiting()));
        in_flight_gauge_.Set(static_cast<double>(queue_.items() - queue_.waiting()));
      }
      StartWrites(writes);
      if (!expired.empty()) on_answers_(expired);
      left.clear();
      if (!all_connected) {
        for (const auto& name : names_) name->LookSoon();
      }
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kTick);
    }
  }

  void Reconnect(uint32_t peer_index, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Peer& peer = *peers_[peer_index];
    if (peer.call != nullptr || now < peer.reconnect_at || peer.vanished()) return;
    peer.call = new Call(*this, peer_index, peer.address);
    ++peer.calls;
    ++open_calls_;
    // Waits in gRPC until the peer listens: no call fails only because nobody is there.
    peer.call->context.set_wait_for_ready(true);
    Traits::Open(*peer.stub, &peer.call->context, peer.call);
    // Until Closed: writes are started from outside of the call's own callbacks.
    peer.call->AddHold();
    peer.call->StartRead(&peer.call->response);
    peer.call->StartCall();
  }

  const DispatcherOptions options_;
  const OnAnswers on_answers_;
  const absl::Status away_ = WithRetry(
      Refusal(absl::StatusCode::kUnavailable, "PEER_AWAY",
              absl::StrCat("the ", options_.name, " is away; the outcome may be unknown, sending again is safe"),
              {{"peer", options_.name}}),
      absl::Milliseconds(500));
  prometheus::Gauge& waiting_gauge_ =
      telemetry::Gauge("ordermesh_dispatch_waiting", "Items not yet sent to the peer.", {{"peer", options_.name}});
  prometheus::Gauge& in_flight_gauge_ =
      telemetry::Gauge("ordermesh_dispatch_in_flight", "Items sent and not yet answered.", {{"peer", options_.name}});
  prometheus::Counter& resent_ =
      telemetry::Counter("ordermesh_dispatch_resent_total", "Items that came back unanswered from a broken stream.",
                         {{"peer", options_.name}});

  mutable absl::Mutex mutex_;
  Queue queue_ ABSL_GUARDED_BY(mutex_);
  // Null where a peer was left; another may take its place.
  std::vector<PeerPtr> peers_ ABSL_GUARDED_BY(mutex_);
  size_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t open_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Set by the constructor. They call SetAddresses.
  std::vector<std::unique_ptr<NameFollower>> names_;
  std::thread ticker_;
};

}  // namespace ordermesh::rpc
