// The client side of a bidirectional stream of batches: one queue, one stream a peer, bounded windows, answers matched
// by tag; what has no answer when a stream breaks is sent again, to any peer. Delivery is at least once: the peer must
// know a repeat.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/dispatch_queue.h"
#include "services/common/rpc/status.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"

namespace ordermesh::rpc {

struct DispatcherOptions {
  // The `peer` label of the metrics: what is behind it.
  std::string name;
  // host:port of every peer; each gets one stream.
  std::vector<std::string> addresses;
  // How they are connected to.
  ChannelOptions channel;
  // Items that wait or are under way, in all, and their bytes. Beyond either Submit takes no more.
  size_t max_items = 4 * kStreamWindowOrders;
  size_t max_bytes = 8 * kStreamWindowBytes;
  // An item that is on no wire for so long is answered UNAVAILABLE (its outcome may be unknown).
  absl::Duration max_wait = absl::Seconds(4);
  // Finds the item that kills its peer (suspects.h). Off: a broken stream says nothing of the items on it.
  bool isolate_suspects = false;
};

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
        queue_(options_.max_items, options_.max_bytes, options_.addresses.size(), options_.isolate_suspects) {
    for (const std::string& address : options_.addresses) {
      peers_.push_back(std::make_unique<Peer>());
      peers_.back()->address = address;
      peers_.back()->stub = Traits::NewStub(ConnectTo(address, options_.channel));
    }
    ticker_ = std::thread([this] { Tick(); });
  }

  // Ends every stream and waits for them. Items without an answer get none.
  ~Dispatcher() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      for (auto& peer : peers_) {
        if (peer->call != nullptr) peer->call->context.TryCancel();
      }
    }
    ticker_.join();
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
    return static_cast<size_t>(
        std::count_if(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->connected; }));
  }

 private:
  static constexpr absl::Duration kTick = absl::Milliseconds(20);
  static constexpr absl::Duration kReconnectPause = absl::Milliseconds(20);

  struct Call;

  struct Peer {
    std::string address;
    std::unique_ptr<typename Traits::Stub> stub;
    Call* call = nullptr;
    bool connected = false;
    bool writing = false;
    absl::Time reconnect_at = absl::InfinitePast();
  };

  // A write that was decided under the lock and is started without it: starting it serializes the message.
  struct Write {
    Call* call;
    std::shared_ptr<Request> request;
  };

  // One stream, from its opening to OnDone.
  struct Call final : grpc::ClientBidiReactor<Request, Response> {
    Call(Dispatcher& owner, uint32_t peer) : owner(owner), peer(peer) {}

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
      dispatcher.Done(*this, FromGrpc(status));
      // The context holds the channel, whose last reference must not be dropped on this thread (gRPC would join it):
      // the call goes before the dispatcher is told that it may.
      delete this;
      dispatcher.CallEnded();
    }

    Dispatcher& owner;
    const uint32_t peer;
    grpc::ClientContext context;
    Response response;
    // Keeps the message that is being written.
    std::shared_ptr<Request> request;
    bool closed = false;
  };

  void CollectWrites(absl::Time now, std::vector<Write>& writes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // Start with another peer each time, so that light load is spread too.
    ++turn_;
    for (size_t i = 0; i < peers_.size() && queue_.waiting() > 0; ++i) {
      const auto index = static_cast<uint32_t>((turn_ + i) % peers_.size());
      Peer& peer = *peers_[index];
      if (!peer.connected || peer.writing) continue;
      auto request = queue_.NextMessage(index, now);
      if (request == nullptr) continue;
      peer.writing = true;
      peer.call->request = request;
      // Keeps the call until its write was started, outside the lock.
      peer.call->AddHold();
      writes.push_back({peer.call, std::move(request)});
    }
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
    telemetry::LogInfo("stream opened", {{"peer", options_.name}, {"address", peers_[call.peer]->address}});
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
      unanswered = queue_.TakeBack(call.peer, /*died=*/!IsDraining(status), now);
      CollectWrites(now, writes);
      resent_.Increment(static_cast<double>(unanswered));
    }
    telemetry::LogInfo("stream ended", {{"peer", options_.name},
                                        {"code", absl::StatusCodeToString(status.code())},
                                        {"message", std::string(status.message())},
                                        {"unanswered", static_cast<int64_t>(unanswered)}});
    StartWrites(writes);
  }

  // The last thing that a call does: the dispatcher may be gone when it returns.
  void CallEnded() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    --open_calls_;
  }

  // Reconnects and expires; a thread of its own, since neither waits for traffic.
  void Tick() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (true) {
      std::vector<Answer> expired;
      {
        absl::MutexLock lock(&mutex_);
        if (stopping_) return;
        const absl::Time now = absl::Now();
        for (uint32_t peer = 0; peer < peers_.size(); ++peer) Reconnect(peer, now);
        queue_.Expire(now, options_.max_wait, away_, expired);
        waiting_gauge_.Set(static_cast<double>(queue_.waiting()));
        in_flight_gauge_.Set(static_cast<double>(queue_.items() - queue_.waiting()));
      }
      if (!expired.empty()) on_answers_(expired);
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kTick);
    }
  }

  void Reconnect(uint32_t peer_index, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Peer& peer = *peers_[peer_index];
    if (peer.call != nullptr || now < peer.reconnect_at) return;
    peer.call = new Call(*this, peer_index);
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
  std::vector<std::unique_ptr<Peer>> peers_;
  size_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t open_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread ticker_;
};

}  // namespace ordermesh::rpc
