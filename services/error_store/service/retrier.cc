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
// Of payloads that travel together; the last may make it twice as much.
constexpr size_t kMostBytes = 1 << 20;

prometheus::Counter& Ended(const char* how) {
  return telemetry::Counter("ordermesh_error_store_retries_total", "Errors that were sent again, by what came of it.",
                            {{"result", how}});
}

const char* NameOf(OrderVerdict::Verdict verdict) {
  return verdict == OrderVerdict::CREATED || verdict == OrderVerdict::REPLAYED ? "resolved" : "rejected";
}

// Whether nothing is known of the order: it may be stored. A feed of an earlier release says UNIMPLEMENTED.
bool IsTransient(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded ||
         code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kCancelled ||
         code == absl::StatusCode::kUnknown || code == absl::StatusCode::kInternal ||
         code == absl::StatusCode::kAborted || code == absl::StatusCode::kUnimplemented;
}

}  // namespace

// Errors of one partner.
struct Retrier::Call {
  std::vector<Uuid> ids;
  // Which retry of each it is.
  std::vector<int32_t> retries;
  grpc::ClientContext context;
  feed::v1::BatchRetryOrdersRequest request;
  feed::v1::BatchRetryOrdersResponse response;
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
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](Retrier* self) { return self->under_way_ == 0; }, this));
}

void Retrier::Add(const Uuid& id) {
  absl::MutexLock lock(&mutex_);
  waiting_.push_back(id);
  SendNext();
}

size_t Retrier::backlog() const {
  absl::MutexLock lock(&mutex_);
  return waiting_.size() + under_way_;
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
  if (stopping_ || waiting_.empty() || under_way_ > 0) return;
  under_way_ = std::min(waiting_.size(), options_.most_together);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(under_way_);
  // Reading is for a thread that may wait for the disk.
  reads_.Run([this, ids = std::vector<Uuid>(waiting_.begin(), end)] { Send(ids); });
  waiting_.erase(waiting_.begin(), end);
}

void Retrier::Send(const std::vector<Uuid>& ids) {
  for (auto& [partner_id, call] : Read(ids)) {
    call->context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
    Call& started = *call;
    const auto stub = feed_.Get();
    stub->async()->BatchRetryOrders(&started.context, &started.request, &started.response,
                                    [this, stub, call = call.release()](const grpc::Status& status) {
                                      OnAnswer(std::unique_ptr<Call>(call), rpc::FromGrpc(status));
                                    });
  }
}

std::map<std::string, std::unique_ptr<Retrier::Call>> Retrier::Read(const std::vector<Uuid>& ids) {
  std::map<std::string, std::unique_ptr<Call>> calls;
  size_t bytes = 0;
  size_t left = 0;
  for (const Uuid& id : ids) {
    if (bytes >= kMostBytes) {
      Add(id);
      ++left;
      continue;
    }
    auto payload = PayloadToRetry(store_.kv(), id);
    if (!payload.ok()) Later(id, kPause);
    // Not RETRYING any more: somebody else has had its verdict.
    if (!payload.ok() || !payload->has_value()) {
      ++left;
      continue;
    }
    auto& call = calls[(*payload)->request.partner_id()];
    if (call == nullptr) call = std::make_unique<Call>();
    bytes += (*payload)->request.ByteSizeLong();
    call->ids.push_back(id);
    call->retries.push_back((*payload)->retry);
    call->request.add_orders()->Swap(&(*payload)->request);
  }
  Done(left);
  return calls;
}

void Retrier::OnAnswer(std::unique_ptr<Call> call, const absl::Status& status) {
  absl::Status ended = status;
  if (absl::IsUnavailable(ended)) feed_.Renew();
  if (ended.ok() && static_cast<size_t>(call->response.results_size()) != call->ids.size()) {
    ended = absl::InternalError("the feed answered another number of orders");
  }
  ReviewBatch batch;
  for (size_t i = 0; i < call->ids.size(); ++i) Judge(*call, i, ended, batch);
  Done(call->ids.size() - batch.requests.size());
  if (!batch.requests.empty()) Write(std::move(batch));
}

void Retrier::Judge(Call& call, size_t order, const absl::Status& status, ReviewBatch& batch) {
  ReviewRequest request;
  request.id = call.ids[order];
  request.action.kind = ErrorEvent::ANSWERED;
  request.action.retry = call.retries[order];
  request.action.actor.subject = kMesh;
  absl::Status answer = status;
  if (answer.ok()) {
    auto& result = *call.response.mutable_results(static_cast<int>(order));
    if (result.has_verdict()) {
      Ended(NameOf(result.verdict().verdict())).Increment();
      request.action.verdict = std::move(*result.mutable_verdict());
      batch.requests.push_back(std::move(request));
      return;
    }
    answer = FromProto(result.status());
  }
  if (const auto delay = RetryDelayOf(answer); delay.has_value() || IsTransient(answer.code())) {
    // The outcome is unknown: it stays RETRYING, and is sent again.
    Ended("no_verdict").Increment();
    return Later(request.id, delay.value_or(kPause));
  }
  Ended("refused").Increment();
  request.action.text = absl::StrCat(ReasonOf(answer), ": ", std::string(answer.message()));
  batch.requests.push_back(std::move(request));
}

void Retrier::Write(ReviewBatch batch) {
  std::vector<Uuid> ids;
  for (const ReviewRequest& request : batch.requests) ids.push_back(request.id);
  const size_t errors = ids.size();
  batch.done = [this, ids = std::move(ids)](const std::vector<ReviewOutcome>& outcomes) {
    for (size_t i = 0; i < ids.size(); ++i) {
      // What is not written is asked again: the order-store's answer is the same.
      if (absl::IsResourceExhausted(outcomes[i].status())) Later(ids[i], kPause);
    }
    Done(ids.size());
  };
  // A process that ends now sends them again after its next start.
  if (is_stopping()) return Done(errors);
  if (store_.TryReview(std::move(batch))) return;
  // The writer has no room.
  timer_.RunAt(absl::Now() + kWriterPause,
               [this, batch = std::make_shared<ReviewBatch>(std::move(batch))] { Write(std::move(*batch)); });
}

void Retrier::Later(const Uuid& id, absl::Duration delay) {
  timer_.RunAt(absl::Now() + delay, [this, id] { Add(id); });
}

void Retrier::Done(size_t errors) {
  // Under one lock: with the last of them the retrier may go.
  absl::MutexLock lock(&mutex_);
  under_way_ -= errors;
  SendNext();
}

}  // namespace ordermesh::error_store
