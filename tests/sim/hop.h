// The calling end of a hop, as rpc::Dispatcher is one, with its queue (rpc::DispatchQueue) but without threads, gRPC
// and a clock of its own: one stream to each peer over a simulated network.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/dispatch_queue.h"
#include "tests/sim/network.h"

namespace ordermesh::sim {

// A process that answers messages.
template <typename Request, typename Response>
class Server {
 public:
  using Reply = std::function<void(Response)>;

  virtual ~Server() = default;
  virtual bool up() const = 0;
  // Another one after each restart.
  virtual uint64_t incarnation() const = 0;
  // May answer at once, later, in pieces, or never where it dies.
  virtual void Receive(Request request, Reply reply) = 0;
};

struct HopOptions {
  std::string name;
  absl::Duration max_wait = absl::Seconds(4);
  bool isolate_suspects = false;
  // Small, so that it is full now and then.
  size_t max_items = 1'024;
};

template <typename Traits>
class Hop {
 public:
  using Request = typename Traits::Request;
  using Response = typename Traits::Response;
  using Queue = rpc::DispatchQueue<Traits>;
  using Submission = typename Queue::Submission;
  using Answer = typename Queue::Answer;
  using OnAnswers = std::function<void(std::vector<Answer>&)>;
  using Peer = Server<Request, Response>;

  // Peers and networks, one each, must outlive it. What is under way when it goes is answered to nobody.
  Hop(Context& context, HopOptions options, std::vector<Peer*> peers, std::vector<Network*> networks,
      OnAnswers on_answers)
      : context_(context),
        options_(std::move(options)),
        on_answers_(std::move(on_answers)),
        queue_(options_.max_items, 64 << 20, options_.isolate_suspects) {
    for (size_t i = 0; i < peers.size(); ++i) {
      streams_.push_back({peers[i], networks[i]});
      queue_.EnsurePeer(static_cast<uint32_t>(i));
    }
    Tick();
  }

  // As Dispatcher::Submit: erases what it took.
  void Submit(std::vector<Submission>& batch) {
    size_t taken = 0;
    while (taken < batch.size() && queue_.Take(batch[taken], context_.scheduler.now())) ++taken;
    batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(taken));
    Pump();
  }

  // Streams that broke; for the queue each may have been a peer that died.
  int breaks() const { return breaks_; }

 private:
  static constexpr int64_t kTickUs = 20'000;
  static constexpr int64_t kReconnectPauseUs = 20'000;

  struct Stream {
    Peer* peer = nullptr;
    Network* network = nullptr;
    bool connected = false;
    bool writing = false;
    // Something was lost on it: it will break.
    bool doomed = false;
    // Rises with each stream to this peer.
    uint64_t generation = 0;
    uint64_t incarnation = 0;
    int64_t reconnect_at_us = 0;
  };

  // An event that does nothing once the hop is gone.
  template <typename Task>
  void After(int64_t delay_us, Task task) {
    context_.scheduler.After(delay_us, [alive = std::weak_ptr<int>(alive_), task = std::move(task)] {
      if (!alive.expired()) task();
    });
  }

  void Tick() {
    for (uint32_t i = 0; i < streams_.size(); ++i) {
      Stream& stream = streams_[i];
      const bool dead = !stream.peer->up() || stream.peer->incarnation() != stream.incarnation;
      // A death and a loss are noticed sooner or later.
      if (stream.connected && (dead || stream.doomed) && context_.rng.Chance(dead ? 500 : 50)) Break(i);
      if (!stream.connected && stream.peer->up() && context_.scheduler.now_us() >= stream.reconnect_at_us) {
        stream.connected = true;
        stream.incarnation = stream.peer->incarnation();
      }
    }
    std::vector<Answer> expired;
    queue_.Expire(context_.scheduler.now(), options_.max_wait, Away(), expired);
    if (!expired.empty()) {
      context_.coverage.Hit(Point::kExpiredInQueue);
      on_answers_(expired);
    }
    Pump();
    After(kTickUs, [this] { Tick(); });
  }

  void Break(uint32_t index) {
    Stream& stream = streams_[index];
    stream.connected = false;
    stream.writing = false;
    stream.doomed = false;
    ++stream.generation;
    ++breaks_;
    stream.reconnect_at_us = context_.scheduler.now_us() + kReconnectPauseUs;
    size_t back = 0;
    if (context_.plant != Plant::kForgetUnanswered) {
      back = queue_.TakeBack(index, /*died=*/true, context_.scheduler.now());
    }
    context_.coverage.Hit(Point::kStreamBroken);
    if (back > 0) context_.coverage.Hit(Point::kSentAgain);
    context_.Note(options_.name, " stream ", index, " broke, ", back, " unanswered");
  }

  void Pump() {
    ++turn_;
    for (size_t i = 0; i < streams_.size() && queue_.waiting() > 0; ++i) {
      const auto index = static_cast<uint32_t>((turn_ + i) % streams_.size());
      Stream& stream = streams_[index];
      if (!stream.connected || stream.writing) continue;
      if (const auto request = queue_.NextMessage(index, context_.scheduler.now()); request != nullptr) {
        Write(index, *request);
      }
    }
  }

  void Write(uint32_t index, const Request& request) {
    Stream& stream = streams_[index];
    stream.writing = true;
    After(context_.rng.Between(10, 400), [this, index, generation = stream.generation] {
      if (streams_[index].generation != generation) return;
      streams_[index].writing = false;
      Pump();
    });
    const auto message = std::make_shared<const Request>(request);
    const bool arrives_late = context_.rng.Chance(stream.network->faults.arrives_late);
    // It may arrive when the hop is gone: nothing of the hop is touched before that is known.
    const auto arrive = [this, alive = std::weak_ptr<int>(alive_), &context = context_, peer = stream.peer, index,
                         generation = stream.generation, incarnation = stream.incarnation, message, arrives_late] {
      if (!peer->up()) return;
      const bool current =
          !alive.expired() && streams_[index].generation == generation && peer->incarnation() == incarnation;
      if (!current && !arrives_late) return;
      if (!current) context.coverage.Hit(Point::kLateRequest);
      peer->Receive(*message, [this, alive, index, generation](Response response) {
        if (!alive.expired()) Return(index, generation, std::move(response));
      });
    };
    if (!stream.network->Send(arrive)) stream.doomed = true;
  }

  // The answer's way back.
  void Return(uint32_t index, uint64_t generation, Response response) {
    const auto message = std::make_shared<Response>(std::move(response));
    const auto arrive = [this, alive = std::weak_ptr<int>(alive_), index, generation, message] {
      if (alive.expired() || streams_[index].generation != generation) return;
      Response copy = *message;
      std::vector<Answer> answers;
      for (auto& result : *copy.mutable_results()) queue_.Land(index, result, answers);
      Pump();
      if (!answers.empty()) on_answers_(answers);
    };
    if (!streams_[index].network->Send(arrive)) streams_[index].doomed = true;
  }

  static absl::Status Away() {
    return WithRetry(Refusal(absl::StatusCode::kUnavailable, "PEER_AWAY", "the peer is away"), absl::Milliseconds(500));
  }

  Context& context_;
  const HopOptions options_;
  const OnAnswers on_answers_;
  Queue queue_;
  std::vector<Stream> streams_;
  size_t turn_ = 0;
  int breaks_ = 0;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace ordermesh::sim
