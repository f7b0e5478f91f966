#include <google/protobuf/arena.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tools/bench/in_flight.h"
#include "tools/bench/load.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::bench {
namespace {

using common::v1::OrderResult;
using feed::v1::StreamOrdersRequest;
using feed::v1::StreamOrdersResponse;

constexpr absl::Duration kDefaultRetryDelay = absl::Milliseconds(100);
constexpr absl::Duration kPoll = absl::Milliseconds(200);
// What the answers of a message of 512 refused orders take.
constexpr size_t kAnswerBytes = 512 << 10;

// One stream after the other: the next one carries everything that has no verdict. This thread writes, another one
// reads.
class StreamWorker {
 public:
  StreamWorker(const LoadOptions& options, const OrderMaker& maker, FeedStub& feed, Schedule& schedule,
               std::atomic<int64_t>& progress)
      : options_(options),
        maker_(maker),
        feed_(feed),
        schedule_(schedule),
        progress_(progress),
        in_flight_(options.batch),
        last_verdict_(absl::Now()) {
    message_.set_partner_id(maker.partner());
  }

  Tally Run() {
    client::Backoff backoff;
    while (true) {
      RunStream();
      {
        absl::MutexLock lock(&mutex_);
        if (ended_ && in_flight_.size() == 0) return tally_;
        if (absl::Now() - last_verdict_ > options_.wait) {
          tally_.failed += in_flight_.size();
          return tally_;
        }
        ++tally_.reconnects;
        in_flight_.RequeueAll();
      }
      absl::SleepFor(backoff.Next());
    }
  }

 private:
  using Stream = grpc::ClientReaderWriterInterface<StreamOrdersRequest, StreamOrdersResponse>;

  void RunStream() {
    grpc::ClientContext context;
    const auto stream = feed_.StreamOrders(&context);
    {
      absl::MutexLock lock(&mutex_);
      broken_ = false;
    }
    std::thread reader([&] { Read(*stream); });
    while (Prepare(context)) {
      if (!stream->Write(message_)) break;
    }
    stream->WritesDone();
    reader.join();
    // How the stream ended does not matter: what has no verdict is sent again, or is counted as failed in the end.
    stream->Finish().ok();
  }

  // Makes the next message; false when there is nothing more to send on this stream.
  bool Prepare(grpc::ClientContext& context) {
    {
      absl::MutexLock lock(&mutex_);
      if (!PickIndexes(context)) return false;
      tally_.sent += static_cast<int64_t>(indexes_.size());
    }
    FillMessage();
    return true;
  }

  // Waits for orders that may be sent now.
  bool PickIndexes(grpc::ClientContext& context) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (true) {
      if (broken_ || (ended_ && in_flight_.size() == 0)) return false;
      const absl::Time now = absl::Now();
      if (now - last_verdict_ > options_.wait && in_flight_.size() > 0) {
        context.TryCancel();
        return false;
      }
      indexes_.clear();
      if (in_flight_.AnyToSendAgain() && now >= resume_at_) {
        in_flight_.TakeAgain(options_.batch, indexes_);
      } else if (MayTakeNext(now)) {
        TakeNext(now);
      } else {
        Wait(now);
      }
      if (!indexes_.empty()) return true;
    }
  }

  bool MayTakeNext(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_ || now < resume_at_) return false;
    if (!schedule_.open_loop())
      return in_flight_.size() + options_.batch <= std::max<int64_t>(options_.window, options_.batch);
    if (!next_.has_value()) {
      next_ = schedule_.Next(now);
      ended_ = !next_.has_value();
    }
    return next_.has_value() && next_->due <= now;
  }

  void TakeNext(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto batch = schedule_.open_loop() ? std::exchange(next_, std::nullopt) : schedule_.Next(now);
    ended_ = !batch.has_value();
    if (ended_) return;
    if (in_flight_.size() == 0) last_verdict_ = now;
    in_flight_.Add(*batch, {schedule_.open_loop() ? batch->due : now, now});
    indexes_.resize(static_cast<size_t>(batch->count));
    std::iota(indexes_.begin(), indexes_.end(), batch->first);
  }

  void Wait(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::Time until = now + kPoll;
    if (next_.has_value()) until = std::min(until, std::max(next_->due, now));
    if (resume_at_ > now) until = std::min(until, resume_at_);
    changed_.WaitWithDeadline(&mutex_, until);
  }

  // Messages keep their parts from batch to batch: only what differs is written anew.
  void FillMessage() {
    const int count = static_cast<int>(indexes_.size());
    while (message_.orders_size() < count) message_.add_orders();
    while (message_.orders_size() > count) message_.mutable_orders()->RemoveLast();
    for (int i = 0; i < count; ++i) {
      auto* input = message_.mutable_orders(i);
      input->set_tag(static_cast<uint64_t>(indexes_[static_cast<size_t>(i)]) + 1);
      maker_.Make(indexes_[static_cast<size_t>(i)], *input);
    }
  }

  void Read(Stream& stream) {
    // Under overload hundreds of thousands of statuses come in a second: on the heap, making and freeing them would
    // take a fifth of a core from the servers beside.
    const auto block = std::make_unique<char[]>(kAnswerBytes);
    google::protobuf::ArenaOptions arena_options;
    arena_options.initial_block = block.get();
    arena_options.initial_block_size = kAnswerBytes;
    google::protobuf::Arena arena(arena_options);
    while (true) {
      arena.Reset();
      auto* response = google::protobuf::Arena::CreateMessage<StreamOrdersResponse>(&arena);
      if (!stream.Read(response)) break;
      const absl::Time now = absl::Now();
      absl::MutexLock lock(&mutex_);
      for (const OrderResult& result : response->results()) Answer(result, now);
      changed_.Signal();
    }
    absl::MutexLock lock(&mutex_);
    broken_ = true;
    changed_.Signal();
  }

  void Answer(const OrderResult& result, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int64_t index = static_cast<int64_t>(result.tag()) - 1;
    if (result.has_status()) {
      // The details are read only where an order is sent again: under overload there are hundreds of thousands of
      // these.
      const absl::Status status(static_cast<absl::StatusCode>(result.status().code()), "");
      const bool retryable = client::IsRetryable(status);
      if (retryable) ++tally_.busy;
      // An open loop does not send again: it would no longer be open.
      if (retryable && !schedule_.open_loop()) {
        in_flight_.Requeue(index);
        resume_at_ = now + RetryDelayOf(FromProto(result.status())).value_or(kDefaultRetryDelay);
      } else if (const auto times = in_flight_.Settle(index)) {
        ++tally_.failed;
        if (absl::IsResourceExhausted(status)) tally_.refusal.Record(absl::ToInt64Microseconds(now - times->sent));
      }
      return;
    }
    const auto times = in_flight_.Settle(index);
    if (!times.has_value()) return;
    last_verdict_ = now;
    tally_.Count(result.verdict());
    tally_.latency.Record(absl::ToInt64Microseconds(now - times->intended));
    progress_.fetch_add(1, std::memory_order_relaxed);
  }

  const LoadOptions& options_;
  const OrderMaker& maker_;
  FeedStub& feed_;
  Schedule& schedule_;
  std::atomic<int64_t>& progress_;
  // Of the writing thread alone.
  StreamOrdersRequest message_;
  std::vector<int64_t> indexes_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  InFlight in_flight_ ABSL_GUARDED_BY(mutex_);
  Tally tally_ ABSL_GUARDED_BY(mutex_);
  // Open loop: the batch whose time has not come.
  std::optional<Schedule::Batch> next_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_verdict_ ABSL_GUARDED_BY(mutex_);
  absl::Time resume_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

Tally RunStreamWorker(const LoadOptions& options, const OrderMaker& maker, FeedStub& feed, Schedule& schedule,
                      std::atomic<int64_t>& progress) {
  return StreamWorker(options, maker, feed, schedule, progress).Run();
}

}  // namespace ordermesh::bench
