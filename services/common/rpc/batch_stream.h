// The server side of a bidirectional stream of batches: a bounded window, answers in any order, drain.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/status.h"

namespace ordermesh::rpc {

// One stream. `Response` must have a repeated field `results`, one entry for each answered item. Send and End may be
// called from any thread, also after the stream has ended (then they do nothing).
template <typename Request, typename Response>
class BatchStream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  using Ptr = std::shared_ptr<BatchStream>;

  // What a service makes of a stream. Called on gRPC's threads: must not block. Each message is seen after the one
  // before.
  struct Handler {
    // How many items the message holds: that many results must be sent for it, once each.
    std::function<size_t(const Request&)> count;
    // Takes the message. A status other than OK is a protocol fault: nothing of the message will be answered, and the
    // stream ends with it once everything before is.
    std::function<absl::Status(const Ptr&, std::unique_ptr<Request>)> on_request;
    // Optional: called once, right before the stream's status goes out, so that it may add trailing metadata. It must
    // not call the stream.
    std::function<void()> on_finish;
  };

  // The reactor owns itself until gRPC is done with it. Reading stops while `window` items and more are unanswered, or
  // their answers unread: a client that only sends cannot pile answers up here.
  static BatchStream* Open(Handler handler, Drain& drain, size_t window = kStreamWindowOrders) {
    auto stream = std::make_shared<BatchStream>(std::move(handler), drain, window);
    stream->self_ = stream;
    stream->StartSendInitialMetadata();
    stream->ReadNext();
    // A weak pointer: draining must not keep a stream that has ended.
    stream->drain_key_ = drain.Add([weak = std::weak_ptr<BatchStream>(stream)] {
      if (auto open = weak.lock()) open->End(DrainingStatus());
    });
    return stream.get();
  }

  // Use Open.
  BatchStream(Handler handler, Drain& drain, size_t window)
      : handler_(std::move(handler)), drain_(drain), window_(window) {}

  // Answers items. Answers wait for each other's writes together, so that single ones do not cost a message each.
  void Send(Response&& response) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    unanswered_ -= static_cast<size_t>(response.results_size());
    unread_ += static_cast<size_t>(response.results_size());
    Queue(std::move(response));
    WriteNext();
  }

  // Takes no more items; ends with `status` when all are answered.
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    EndLocked(std::move(status));
  }

  size_t unanswered() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return unanswered_;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(absl::OkStatus());
    auto request = std::move(reading_);
    const size_t items = handler_.count(*request);
    {
      absl::MutexLock lock(&mutex_);
      // After the end was announced the client resends what it gets no answer for.
      if (ending_ || finished_) return;
      unanswered_ += items;
    }
    const absl::Status status = handler_.on_request(self_, std::move(request));
    absl::MutexLock lock(&mutex_);
    if (!status.ok()) {
      // The message is refused as a whole; what came before it still gets its answers.
      unanswered_ -= items;
      return EndLocked(status);
    }
    if (finished_ || ending_) return;
    paused_ = true;
    ResumeReading();
  }

  void OnWriteDone(bool ok) override {
    // Destroyed without the lock: it may hold thousands of objects.
    Response written;
    absl::MutexLock lock(&mutex_);
    written.Swap(&written_);
    writing_ = false;
    unread_ -= static_cast<size_t>(written.results_size());
    if (!ok) return FinishLocked(absl::CancelledError("the client went away"));
    WriteNext();
    FinishIfDone();
    ResumeReading();
  }

  void OnCancel() override { Abort(absl::CancelledError("the client went away")); }

  void OnDone() override {
    drain_.Remove(drain_key_);
    // Releases this object unless an answer is still on its way to it.
    auto self = std::move(self_);
  }

 private:
  void ReadNext() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ReadNextLocked();
  }

  void ReadNextLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    reading_ = std::make_unique<Request>();
    this->StartRead(reading_.get());
  }

  void ResumeReading() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!paused_ || ending_ || finished_ || unanswered_ + unread_ >= window_) return;
    paused_ = false;
    ReadNextLocked();
  }

  // Joins small answers into one message and keeps every message below kMaxStreamMessageBytes.
  void Queue(Response&& response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t bytes = response.ByteSizeLong();
    if (pending_.empty() && bytes <= kMaxStreamMessageBytes) {
      pending_.push_back({std::move(response), bytes});
      return;
    }
    auto& results = *response.mutable_results();
    while (!results.empty()) {
      const size_t size = results[results.size() - 1].ByteSizeLong();
      if (pending_.empty() || pending_.back().bytes + size > kMaxStreamMessageBytes) pending_.emplace_back();
      pending_.back().bytes += size;
      pending_.back().response.mutable_results()->AddAllocated(results.ReleaseLast());
    }
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_ || pending_.empty()) return;
    written_ = std::move(pending_.front().response);
    pending_.pop_front();
    writing_ = true;
    this->StartWrite(&written_);
  }

  // Ends without waiting for answers.
  void Abort(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    FinishLocked(status);
  }

  void EndLocked(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ending_) return;
    ending_ = true;
    end_status_ = std::move(status);
    FinishIfDone();
  }

  void FinishIfDone() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ending_ && unanswered_ == 0 && !writing_ && pending_.empty()) FinishLocked(end_status_);
  }

  void FinishLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    if (handler_.on_finish != nullptr) handler_.on_finish();
    this->Finish(ToGrpc(status));
  }

  // A message of answers that waits for the write before it.
  struct Chunk {
    Response response;
    size_t bytes = 0;
  };

  const Handler handler_;
  Drain& drain_;
  const size_t window_;
  // Set by Open before the first callback, cleared by OnDone, the last one.
  Ptr self_;
  int64_t drain_key_ = -1;
  // The message that gRPC is filling; touched by the one read that is under way.
  std::unique_ptr<Request> reading_;

  mutable absl::Mutex mutex_;
  std::deque<Chunk> pending_ ABSL_GUARDED_BY(mutex_);
  Response written_ ABSL_GUARDED_BY(mutex_);
  size_t unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  // Answers that wait for a write, or whose write waits for the client.
  size_t unread_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::rpc
