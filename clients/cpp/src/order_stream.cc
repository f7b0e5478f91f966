#include "ordermesh/order_stream.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ordermesh {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{1000};
// How often the writer looks whether the oldest order has waited too long.
constexpr milliseconds kLookEvery{1000};
// How long a server may take to end a stream on which all is answered.
constexpr milliseconds kFarewell{5000};

// A stream that ends so may be opened again; any other end would be the same again.
bool IsPassing(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNAVAILABLE:
      return true;
    default:
      return false;
  }
}

// After how long the order may be sent again; nothing where the result is final.
std::optional<milliseconds> DelayOf(const common::v1::OrderResult& result) {
  if (result.has_verdict()) return std::nullopt;
  const auto code = static_cast<grpc::StatusCode>(result.status().code());
  if (code != grpc::StatusCode::UNAVAILABLE && code != grpc::StatusCode::RESOURCE_EXHAUSTED) return std::nullopt;
  for (const google::protobuf::Any& detail : result.status().details()) {
    google::rpc::RetryInfo info;
    if (!detail.UnpackTo(&info)) continue;
    const google::protobuf::Duration& delay = info.retry_delay();
    return milliseconds(std::max<std::int64_t>(0, delay.seconds() * 1000 + delay.nanos() / 1'000'000));
  }
  return kFirstPause;
}

}  // namespace

OrderStream::OrderStream(feed::v1::FeedService::Stub* stub, std::function<void(grpc::ClientContext*)> prepare,
                         std::string partner_id, StreamLimits limits)
    : stub_(stub), prepare_(std::move(prepare)), partner_id_(std::move(partner_id)), limits_(limits) {
  runner_ = std::thread([this] { Run(); });
}

OrderStream::~OrderStream() { Close(); }

std::future<Result> OrderStream::Submit(std::string payload) {
  std::promise<Result> promise;
  std::future<Result> future = promise.get_future();
  if (payload.size() > kMaxPayloadBytes) {
    promise.set_value({grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "an order is at most 1 MiB"), {}});
    return future;
  }
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return !failure_.ok() || closing_ || !IsFull(payload.size()); });
  if (!failure_.ok() || closing_) {
    promise.set_value(
        {failure_.ok() ? grpc::Status(grpc::StatusCode::CANCELLED, "the stream was closed") : failure_, {}});
    return future;
  }
  const std::uint64_t tag = next_tag_++;
  unanswered_bytes_ += payload.size();
  unanswered_.emplace(tag, Item{std::move(payload), Clock::now(), std::move(promise)});
  ready_.push_back(tag);
  changed_.notify_all();
  return future;
}

void OrderStream::Close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  if (runner_.joinable()) runner_.join();
}

bool OrderStream::IsFull(std::size_t more) const {
  if (unanswered_.empty()) return false;
  return unanswered_.size() >= limits_.window || unanswered_bytes_ + more > limits_.window_bytes;
}

void OrderStream::Run() {
  milliseconds pause = kFirstPause;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return !unanswered_.empty() || closing_; });
      if (unanswered_.empty()) return;
    }
    bool answered = false;
    const grpc::Status status = RunOnce(&answered);
    if (!IsPassing(status)) return FailAll(status);
    GiveUpOld();
    std::unique_lock<std::mutex> lock(mutex_);
    if (unanswered_.empty()) continue;
    if (answered) pause = kFirstPause;
    changed_.wait_for(lock, pause, [] { return false; });
    pause = std::min(pause * 2, kLongestPause);
  }
}

grpc::Status OrderStream::RunOnce(bool* answered) {
  std::uint64_t generation;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // Nothing of the last stream will be answered any more: all of it is sent again.
    ready_.clear();
    for (const auto& [tag, item] : unanswered_) ready_.push_back(tag);
    delayed_.clear();
    generation = ++generation_;
  }
  grpc::ClientContext context;
  prepare_(&context);
  const std::unique_ptr<Call> call = stub_->StreamOrders(&context);
  std::thread writer([&] { Write(call.get(), &context, generation); });
  feed::v1::StreamOrdersResponse response;
  while (call->Read(&response)) {
    *answered = true;
    Settle(&response);
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++generation_;  // Ends the writer, wherever it waits.
    changed_.notify_all();
  }
  // Once the server has ended the call every write on it fails: the writer does not stay.
  const grpc::Status status = call->Finish();
  writer.join();
  return status;
}

void OrderStream::Write(Call* call, grpc::ClientContext* context, std::uint64_t generation) {
  feed::v1::StreamOrdersRequest request;
  while (true) {
    request.Clear();
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!NextBatch(&lock, context, generation, &request)) break;
    }
    if (!call->Write(request)) return;
  }
  call->WritesDone();
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, kFarewell, [&] { return generation != generation_; })) context->TryCancel();
}

bool OrderStream::NextBatch(std::unique_lock<std::mutex>* lock, grpc::ClientContext* context, std::uint64_t generation,
                            feed::v1::StreamOrdersRequest* request) {
  while (true) {
    if (generation != generation_ || (closing_ && unanswered_.empty())) return false;
    const Clock::time_point now = Clock::now();
    const auto due = delayed_.upper_bound(now);
    for (auto delayed = delayed_.begin(); delayed != due; ++delayed) ready_.push_back(delayed->second);
    delayed_.erase(delayed_.begin(), due);
    TakeReady(request);
    if (request->orders_size() > 0) return true;
    if (!unanswered_.empty() && now - unanswered_.begin()->second.first_sent > limits_.patience) {
      // No answer for too long: a new connection may have one.
      context->TryCancel();
      return false;
    }
    const Clock::time_point look = now + kLookEvery;
    changed_.wait_until(*lock, delayed_.empty() ? look : std::min(look, delayed_.begin()->first));
  }
}

void OrderStream::TakeReady(feed::v1::StreamOrdersRequest* request) {
  request->set_partner_id(partner_id_);
  std::size_t bytes = 0;
  while (!ready_.empty() && static_cast<std::size_t>(request->orders_size()) < limits_.max_batch) {
    const auto found = unanswered_.find(ready_.front());
    if (found != unanswered_.end()) {
      const std::string& payload = found->second.payload;
      if (request->orders_size() > 0 && bytes + payload.size() > limits_.max_batch_bytes) return;
      bytes += payload.size();
      feed::v1::OrderInput* order = request->add_orders();
      order->set_tag(found->first);
      order->set_raw_payload(payload);
    }
    ready_.pop_front();
  }
}

void OrderStream::Settle(feed::v1::StreamOrdersResponse* response) {
  const Clock::time_point now = Clock::now();
  std::vector<std::pair<Item, common::v1::OrderResult*>> answered;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (common::v1::OrderResult& result : *response->mutable_results()) {
      const auto found = unanswered_.find(result.tag());
      if (found == unanswered_.end()) continue;
      const std::optional<milliseconds> delay = DelayOf(result);
      if (delay.has_value() && now + *delay - found->second.first_sent < limits_.patience) {
        delayed_.emplace(now + *delay, result.tag());
        continue;
      }
      answered.emplace_back(Take(found), &result);
    }
    changed_.notify_all();
  }
  for (auto& [item, result] : answered) {
    if (result->has_verdict()) {
      item.promise.set_value({grpc::Status::OK, std::move(*result->mutable_verdict())});
      continue;
    }
    const google::rpc::Status& status = result->status();
    item.promise.set_value(
        {grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(), status.SerializeAsString()), {}});
  }
}

OrderStream::Item OrderStream::Take(std::map<std::uint64_t, Item>::iterator found) {
  Item item = std::move(found->second);
  unanswered_bytes_ -= item.payload.size();
  unanswered_.erase(found);
  return item;
}

void OrderStream::GiveUpOld() {
  const Clock::time_point now = Clock::now();
  std::vector<Item> old;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    while (!unanswered_.empty() && now - unanswered_.begin()->second.first_sent > limits_.patience) {
      old.push_back(Take(unanswered_.begin()));
    }
    changed_.notify_all();
  }
  const grpc::Status status(grpc::StatusCode::DEADLINE_EXCEEDED, "no verdict came in time");
  for (Item& item : old) item.promise.set_value({status, {}});
}

void OrderStream::FailAll(const grpc::Status& status) {
  std::map<std::uint64_t, Item> items;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    failure_ = status;
    items.swap(unanswered_);
    unanswered_bytes_ = 0;
    changed_.notify_all();
  }
  for (auto& [tag, item] : items) item.promise.set_value({status, {}});
}

}  // namespace ordermesh
