#include "services/error_store/service/retrier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"
#include "services/error_store/store/history.h"
#include "services/error_store/store/posting_cursor.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::OrderVerdict;

// The feed answers within five seconds.
constexpr absl::Duration kDeadline = absl::Seconds(10);
// Between two attempts that got no verdict, where nothing else was said.
constexpr absl::Duration kPause = absl::Seconds(1);
constexpr absl::Duration kWriterPause = absl::Milliseconds(100);
// Answers are written together: so long, or so many of them, unless nothing else is under way.
constexpr absl::Duration kTogether = absl::Milliseconds(100);
constexpr size_t kMostTogether = 256;

prometheus::Counter& Ended(const char* how) {
  return telemetry::Counter("ordermesh_error_store_retries_total", "Errors that were sent again, by what came of it.",
                            {{"result", how}});
}

const char* NameOf(OrderVerdict::Verdict verdict) {
  return verdict == OrderVerdict::CREATED || verdict == OrderVerdict::REPLAYED ? "resolved" : "rejected";
}

// Whether nothing is known of the order: it may be stored.
bool IsTransient(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded ||
         code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kCancelled ||
         code == absl::StatusCode::kUnknown || code == absl::StatusCode::kInternal ||
         code == absl::StatusCode::kAborted;
}

}  // namespace

struct Retrier::Call {
  Uuid id;
  grpc::ClientContext context;
  RetryPayload payload;
  OrderVerdict verdict;
};

Retrier::Retrier(ErrorStore& store, RetrierOptions options)
    : store_(store), options_(std::move(options)), feed_(options_.feed, options_.channel) {
  reads_.Run([this] { AddStored(); });
}

Retrier::~Retrier() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  WriteAnswers();
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](Retrier* self) { return self->under_way_ == 0 && self->writes_ == 0; }, this));
}

void Retrier::Add(const Uuid& id) {
  absl::MutexLock lock(&mutex_);
  waiting_.push_back(id);
  SendNext();
}

size_t Retrier::backlog() const {
  absl::MutexLock lock(&mutex_);
  return waiting_.size() + under_way_ + answers_.size();
}

void Retrier::AddStored() {
  const std::string prefix = StatusPostings(ErrorMessage::RETRYING);
  const auto postings = store_.kv().NewIterator(kPostings);
  for (postings->Seek(prefix); postings->Valid() && postings->key().substr(0, prefix.size()) == prefix;
       postings->Next()) {
    const auto row = store_.kv().Get(kRows, postings->key().substr(prefix.size()));
    // Changed since.
    if (!row.ok() || !row->has_value()) continue;
    const auto decoded = DecodeRow(**row);
    if (decoded.ok()) Add(*Uuid::Parse(decoded->error.id()));
  }
}

void Retrier::SendNext() {
  while (!stopping_ && !waiting_.empty() && under_way_ < options_.window) {
    ++under_way_;
    // Reading is for a thread that may wait for the disk.
    reads_.Run([this, id = waiting_.front()] { Send(id); });
    waiting_.pop_front();
  }
}

void Retrier::Send(const Uuid& id) {
  auto call = std::make_unique<Call>();
  call->id = id;
  auto payload = PayloadToRetry(store_.kv(), id);
  // Not RETRYING any more: somebody else has had its verdict.
  if (!payload.ok() || !payload->has_value()) {
    if (!payload.ok()) Later(id, kPause);
    return Done();
  }
  call->payload = **std::move(payload);
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
  Call& started = *call;
  const auto stub = feed_.Get();
  stub->async()->RetryOrder(&started.context, &started.payload.request, &started.verdict,
                            [this, stub, call = call.release()](const grpc::Status& status) {
                              OnAnswer(std::unique_ptr<Call>(call), status);
                            });
}

void Retrier::OnAnswer(std::unique_ptr<Call> call, const grpc::Status& status) {
  ReviewRequest request;
  request.id = call->id;
  request.action.kind = ErrorEvent::ANSWERED;
  request.action.retry = call->payload.retry;
  request.action.actor.subject = kMesh;
  const absl::Status answer = rpc::FromGrpc(status);
  if (answer.ok()) {
    Ended(NameOf(call->verdict.verdict())).Increment();
    request.action.verdict = std::move(call->verdict);
    return Keep(std::move(request));
  }
  if (const auto delay = RetryDelayOf(answer); delay.has_value() || IsTransient(answer.code())) {
    // The outcome is unknown: it stays RETRYING, and is sent again.
    if (absl::IsUnavailable(answer)) feed_.Renew();
    Ended("no_verdict").Increment();
    Later(call->id, delay.value_or(kPause));
    return Done();
  }
  Ended("refused").Increment();
  request.action.text = absl::StrCat(ReasonOf(answer), ": ", std::string(answer.message()));
  Keep(std::move(request));
}

void Retrier::Keep(ReviewRequest answer) {
  {
    absl::MutexLock lock(&mutex_);
    answers_.push_back(std::move(answer));
    --under_way_;
    SendNext();
    const bool waits = under_way_ > 0 && answers_.size() < kMostTogether && !stopping_;
    if (waits) {
      if (answers_.size() == 1) timer_.RunAt(absl::Now() + kTogether, [this] { WriteAnswers(); });
      return;
    }
  }
  WriteAnswers();
}

void Retrier::WriteAnswers() {
  absl::MutexLock lock(&mutex_);
  if (answers_.empty()) return;
  ReviewBatch batch;
  batch.requests.swap(answers_);
  std::vector<Uuid> ids;
  for (const ReviewRequest& request : batch.requests) ids.push_back(request.id);
  batch.done = [this, ids = std::move(ids)](const std::vector<ReviewOutcome>& outcomes) {
    for (size_t i = 0; i < ids.size(); ++i) {
      // What is not written is asked again: the order-store's answer is the same.
      if (absl::IsResourceExhausted(outcomes[i].status())) Later(ids[i], kPause);
    }
    absl::MutexLock done(&mutex_);
    --writes_;
  };
  ++writes_;
  if (store_.TryReview(std::move(batch))) return;
  // The writer has no room. A process that ends now sends them again after its next start.
  --writes_;
  answers_.swap(batch.requests);
  if (!stopping_) timer_.RunAt(absl::Now() + kWriterPause, [this] { WriteAnswers(); });
}

void Retrier::Later(const Uuid& id, absl::Duration delay) {
  timer_.RunAt(absl::Now() + delay, [this, id] { Add(id); });
}

void Retrier::Done() {
  // Under one lock: with the last of them the retrier may go.
  absl::MutexLock lock(&mutex_);
  --under_way_;
  SendNext();
}

}  // namespace ordermesh::error_store
