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
  // Called after each group is readable; any thread.
  void Notify() ABSL_LOCKS_EXCLUDED(mutex_);
  // `watcher` is woken once, at the next Notify. Add before looking a last time: news in between are not missed.
  void Add(std::weak_ptr<Watcher> watcher) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::atomic<bool> anybody_{false};
  absl::Mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// What a source has found: a message to send, nothing until the hub wakes it, or the good end of the stream.
enum class WatchStep { kMessage, kCaughtUp, kEnd };

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
    return stream.get();
  }

  // Use Open.
  WatchStream(WatchHub& hub, WorkerPool& pool, Drain& drain, Source source)
      : hub_(hub), pool_(pool), drain_(drain), source_(std::move(source)) {}

  void Wake() override { Schedule(); }

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
    if (step.ok() && *step == WatchStep::kCaughtUp) {
      // Look once more after joining the waiters, so that what came in between is not missed.
      hub_.Add(this->weak_from_this());
      step = source_(&written_);
    }
    absl::MutexLock lock(&mutex_);
    scheduled_ = false;
    if (finished_) return;
    if (!step.ok()) return FinishLocked(step.status());
    if (*step == WatchStep::kEnd) return FinishLocked(absl::OkStatus());
    if (*step == WatchStep::kMessage) {
      writing_ = true;
      this->StartWrite(&written_);
    } else if (woken_) {
      ScheduleLocked();
    }
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
};

}  // namespace ordermesh::rpc
