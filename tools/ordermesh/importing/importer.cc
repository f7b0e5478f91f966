#include "tools/ordermesh/importing/importer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::cli {
namespace {

using common::v1::OrderVerdict;

// How long a batch that is not full waits for more orders: a pipe may bring them one by one.
constexpr absl::Duration kLinger = absl::Milliseconds(3);
constexpr absl::Duration kTick = absl::Milliseconds(200);
constexpr absl::Duration kDefaultRetryDelay = absl::Milliseconds(100);
// How long a server may take to end a stream on which every order is settled.
constexpr absl::Duration kFinishTime = absl::Seconds(1);

// Whether a stream that ended so may be opened again. A process that dies leaves CANCELLED, INTERNAL or UNKNOWN behind
// too.
bool MayReconnect(const absl::Status& status) {
  return status.ok() || client::IsRetryable(status) || absl::IsCancelled(status) || absl::IsInternal(status) ||
         absl::IsUnknown(status);
}

// The partner is of the whole import: where it is unknown, suspended, another's or has no mapping, or where the key has
// ended, every order would be refused.
bool ConcernsAllOrders(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status) ||
         absl::IsFailedPrecondition(status);
}

}  // namespace

Importer::Importer(ImportOptions options, OrderSource& source, FindFeed find_feed, ImportObserver& observer)
    : options_(std::move(options)),
      source_(source),
      find_feed_(std::move(find_feed)),
      observer_(observer),
      window_(options_.window),
      last_progress_(options_.patience.now()) {}

ImportTotals Importer::totals() const {
  absl::MutexLock lock(&mutex_);
  return totals_;
}

absl::Status Importer::Run() {
  std::thread reader([this] { ReadSource(); });
  std::thread clock([this] { KeepTime(); });
  const absl::Status status = ConnectAgainAndAgain();
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    changed_.SignalAll();
  }
  reader.join();
  clock.join();
  return status;
}

bool Importer::Finished() const { return source_ended_ && window_.empty(); }

void Importer::Fail(absl::Status status) {
  if (failure_.ok()) failure_ = std::move(status);
  if (context_ != nullptr) context_->TryCancel();
  changed_.SignalAll();
}

void Importer::ReadSource() {
  while (true) {
    auto order = source_.Next();
    absl::MutexLock lock(&mutex_);
    while (window_.Full() && !stopped_) changed_.Wait(&mutex_);
    if (stopped_) return;
    if (!order.ok()) return Fail(order.status());
    if (!order->has_value()) {
      source_ended_ = true;
      changed_.SignalAll();
      return;
    }
    if (!(*order)->fault.empty()) {
      ++totals_.unsendable;
      observer_.OnFailure(**order, absl::InvalidArgumentError((*order)->fault));
      continue;
    }
    // Time during which nothing was waited for, as when a pipe is slow, is nobody's delay.
    if (window_.empty()) last_progress_ = options_.patience.now();
    window_.Add(*std::move(*order));
    ++totals_.received;
    if (window_.BatchReady() || window_.size() == 1) changed_.SignalAll();
  }
}

void Importer::KeepTime() {
  absl::MutexLock lock(&mutex_);
  while (!stopped_) {
    const absl::Time next_tick = absl::Now() + kTick;
    while (!stopped_ && !changed_.WaitWithDeadline(&mutex_, next_tick)) {
    }
    const absl::Duration idle = options_.patience.now() - last_progress_;
    if (Finished() && idle > kFinishTime && context_ != nullptr) context_->TryCancel();
    if (!window_.empty() && idle > options_.patience.wait) {
      Fail(absl::UnavailableError(absl::StrCat("no verdict came for ", absl::FormatDuration(options_.patience.wait),
                                               " although ", window_.size(), " orders wait for theirs",
                                               last_trouble_.empty() ? "" : ": ", last_trouble_)));
    }
    observer_.OnTick(totals_, !window_.empty() && idle > absl::Seconds(1));
  }
}

absl::Status Importer::ConnectAgainAndAgain() {
  client::Backoff backoff;
  while (true) {
    int64_t settled_before = 0;
    {
      absl::MutexLock lock(&mutex_);
      // An empty file needs no feed.
      while (window_.empty() && !source_ended_ && failure_.ok()) changed_.Wait(&mutex_);
      if (!failure_.ok()) return failure_;
      if (Finished()) return absl::OkStatus();
      settled_before = totals_.settled();
    }
    auto feed = find_feed_();
    const absl::Status status = feed.ok() ? RunStream(**feed) : feed.status();
    {
      absl::MutexLock lock(&mutex_);
      if (!failure_.ok()) return failure_;
      if (Finished()) return absl::OkStatus();
      if (!MayReconnect(status)) return status;
      if (!status.ok()) last_trouble_ = std::string(status.message());
      if (totals_.settled() != settled_before) backoff.Reset();
    }
    Pause(backoff.Next());
  }
}

void Importer::Pause(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  const absl::Time end = absl::Now() + pause;
  while (failure_.ok() && absl::Now() < end) changed_.WaitWithDeadline(&mutex_, end);
}

absl::Status Importer::RunStream(FeedStub& feed) {
  grpc::ClientContext context;
  {
    absl::MutexLock lock(&mutex_);
    context_ = &context;
    stream_ended_ = false;
  }
  const std::unique_ptr<Stream> stream = feed.StreamOrders(&context);
  std::thread writer([this, &stream] { Write(*stream); });
  feed::v1::StreamOrdersResponse response;
  while (stream->Read(&response)) {
    absl::MutexLock lock(&mutex_);
    for (const auto& result : response.results()) Answer(result);
    changed_.SignalAll();
  }
  {
    absl::MutexLock lock(&mutex_);
    stream_ended_ = true;
    changed_.SignalAll();
  }
  writer.join();
  const absl::Status status = rpc::FromGrpc(stream->Finish());
  absl::MutexLock lock(&mutex_);
  context_ = nullptr;
  window_.Rewind();
  return status;
}

void Importer::Write(Stream& stream) {
  feed::v1::StreamOrdersRequest message;
  message.set_partner_id(options_.partner);
  while (WaitForBatch(message)) {
    // A stream that is broken ends for the reader too, who then starts the next one.
    if (!stream.Write(message)) return;
  }
  stream.WritesDone();
}

bool Importer::WaitForBatch(feed::v1::StreamOrdersRequest& message) {
  absl::MutexLock lock(&mutex_);
  absl::Time linger_end = absl::InfiniteFuture();
  while (true) {
    if (stream_ended_ || !failure_.ok() || Finished()) return false;
    const absl::Time now = options_.patience.now();
    if (window_.AnyReady(now)) {
      linger_end = std::min(linger_end, now + kLinger);
      if (window_.BatchReady() || source_ended_ || window_.Full() || now >= linger_end) {
        window_.TakeBatch(now, message);
        return true;
      }
    }
    changed_.WaitWithTimeout(&mutex_, std::min(std::min(linger_end, window_.NextDue()) - now, kTick));
  }
}

void Importer::Answer(const common::v1::OrderResult& result) {
  const absl::Time now = options_.patience.now();
  if (result.has_status()) {
    const absl::Status status = FromProto(result.status());
    const auto delay = RetryDelayOf(status);
    if (delay.has_value() || client::IsRetryable(status)) {
      last_trouble_ = std::string(status.message());
      window_.Delay(result.tag(), now + delay.value_or(kDefaultRetryDelay));
      return;
    }
    if (ConcernsAllOrders(status)) return Fail(status);
    const auto order = window_.Settle(result.tag());
    if (!order.has_value()) return;
    ++totals_.refused;
    last_progress_ = now;
    observer_.OnFailure(*order, status);
    return;
  }
  const auto order = window_.Settle(result.tag());
  if (!order.has_value()) return;
  last_progress_ = now;
  Count(result.verdict());
  observer_.OnVerdict(*order, result.verdict());
}

void Importer::Count(const OrderVerdict& verdict) {
  switch (verdict.verdict()) {
    case OrderVerdict::CREATED:
      ++totals_.created;
      break;
    case OrderVerdict::REPLAYED:
      ++totals_.replayed;
      break;
    case OrderVerdict::CONFLICT:
      ++totals_.conflicts;
      break;
    case OrderVerdict::SEQUENCE_REUSED:
      ++totals_.sequence_reused;
      break;
    case OrderVerdict::REJECTED:
      ++totals_.rejected;
      break;
    default:
      ++totals_.refused;
  }
}

}  // namespace ordermesh::cli
