// Server streams that follow a store: what is stored first, then live, each at its reader's own pace.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/base/timer.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/status.h"

namespace ordermesh::rpc {

// Something that waits for news.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // There may be more to read. Must not block.
  virtual void Wake() = 0;
};

// Wakes those who have caught up. Notify costs one atomic load while nobody waits.
class WatchHub {
 public:
  // `heartbeat` is how long a stream of this hub may be silent: proxies and browsers give up on silent connections.
  explicit WatchHub(absl::Duration heartbeat = absl::Seconds(15)) : heartbeat_(heartbeat) {}

  // Called after each group is readable; any thread.
  void Notify() ABSL_LOCKS_EXCLUDED(mutex_);
  // `watcher` is woken once, at the next Notify. Add before looking a last time: news in between are not missed.
  void Add(std::weak_ptr<Watcher> watcher) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Duration heartbeat() const { return heartbeat_; }
  // Runs the heartbeats of all streams.
  Timer& timer() { return timer_; }

 private:
  const absl::Duration heartbeat_;
  Timer timer_;
  std::atomic<bool> anybody_{false};
  absl::Mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// What a source has found: a message to send, nothing until the hub wakes it, the same with a message that is sent only
// if the stream was silent for long (it says where the source stands), or the good end of the stream.
enum class WatchStep { kMessage, kCaughtUp, kHeartbeat, kEnd };

// One stream. It reads on the pool, one message ahead of the network at most: a slow reader costs one message of
// memory.
template <typename Response>
class WatchStream final : public grpc::ServerWriteReactor<Response>,
                          public Watcher,
                          public std::enable_shared_from_this<WatchStream<Response>> {
 public:
  // Fills the (empty) next message or says why there is none; an error ends the stream with it. Called on the pool,
  // never twice at a time.
  using Source = std::function<absl::StatusOr<WatchStep>(Response*)>;

  static WatchStream* Open(WatchHub& hub, WorkerPool& pool, Drain& drain, Source source) {
    auto stream = std::make_shared<WatchStream>(hub, pool, drain, std::move(source));
    stream->self_ = stream;
    stream->StartSendInitialMetadata();
    stream->drain_key_ = drain.Add([weak = std::weak_ptr<WatchStream>(stream)] {
      if (auto open = weak.lock()) open->End(DrainingStatus());
    });
    stream->Schedule();
    stream->BeatAt(absl::Now() + hub.heartbeat());
    return stream.get();
  }

  // Use Open.
  WatchStream(WatchHub& hub, WorkerPool& pool, Drain& drain, Source source)
      : hub_(hub), pool_(pool), drain_(drain), source_(std::move(source)) {}

  void Wake() override {
    {
      absl::MutexLock lock(&mutex_);
      waits_ = false;
    }
    Schedule();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the client went away"));
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
    }
    Schedule();
  }

  void OnCancel() override { End(absl::CancelledError("the client went away")); }

  void OnDone() override {
    drain_.Remove(drain_key_);
    auto self = std::move(self_);
  }

 private:
  void Schedule() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (scheduled_) woken_ = true;
    if (finished_ || scheduled_ || writing_) return;
    ScheduleLocked();
  }

  void ScheduleLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    scheduled_ = true;
    woken_ = false;
    pool_.Run([self = this->shared_from_this()] { self->ReadAndWrite(); });
  }

  void ReadAndWrite() ABSL_LOCKS_EXCLUDED(mutex_) {
    written_.Clear();
    auto step = source_(&written_);
    if (step.ok() && IsCaughtUp(*step)) {
      // Look once more after joining the waiters, so that what came in between is not missed.
      JoinWaiters();
      written_.Clear();
      step = source_(&written_);
    }
    absl::MutexLock lock(&mutex_);
    scheduled_ = false;
    if (finished_) return;
    if (!step.ok()) return FinishLocked(step.status());
    if (*step == WatchStep::kEnd) return FinishLocked(absl::OkStatus());
    if (*step == WatchStep::kMessage || (*step == WatchStep::kHeartbeat && beat_due_)) {
      beat_due_ = false;
      writing_ = true;
      last_sent_ = absl::Now();
      this->StartWrite(&written_);
    } else if (woken_) {
      ScheduleLocked();
    }
  }

  static bool IsCaughtUp(WatchStep step) { return step == WatchStep::kCaughtUp || step == WatchStep::kHeartbeat; }

  // Once only, however often a silent stream looks: whoever takes it off the hub wakes it.
  void JoinWaiters() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(waits_, true)) return;
    }
    hub_.Add(this->weak_from_this());
  }

  // The timer holds no stream: one that has ended is forgotten at its next beat.
  void BeatAt(absl::Time when) {
    hub_.timer().RunAt(when, [weak = this->weak_from_this()] {
      if (const auto stream = weak.lock()) stream->Beat();
    });
  }

  void Beat() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::Time next;
    {
      absl::MutexLock lock(&mutex_);
      if (finished_) return;
      const absl::Time now = absl::Now();
      // A reader that takes nothing gets no heartbeat either: at most one message is under way.
      beat_due_ = !writing_ && now >= last_sent_ + hub_.heartbeat();
      next = beat_due_ || writing_ ? now + hub_.heartbeat() : last_sent_ + hub_.heartbeat();
      if (beat_due_) {
        if (scheduled_) {
          woken_ = true;
        } else {
          ScheduleLocked();
        }
      }
    }
    BeatAt(next);
  }

  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    FinishLocked(status);
  }

  void FinishLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    this->Finish(ToGrpc(status));
  }

  WatchHub& hub_;
  WorkerPool& pool_;
  Drain& drain_;
  const Source source_;
  int64_t drain_key_ = -1;
  // Set by Open, cleared by OnDone, the last callback.
  std::shared_ptr<WatchStream> self_;
  // The message under way: the pool's while scheduled_, gRPC's while writing_.
  Response written_;

  absl::Mutex mutex_;
  bool scheduled_ ABSL_GUARDED_BY(mutex_) = false;
  // News came while the pool was reading: it may have looked too early.
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // It is among those whom the hub will wake.
  bool waits_ ABSL_GUARDED_BY(mutex_) = false;
  // The next time that the source has caught up a message goes out all the same.
  bool beat_due_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_sent_ ABSL_GUARDED_BY(mutex_) = absl::Now();
};

}  // namespace ordermesh::rpc
