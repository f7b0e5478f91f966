#include "tools/bench/limit/service.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "services/common/base/ids.h"
#include "tools/bench/big_endian.h"

namespace ordermesh::bench {
namespace {

using common::v1::OrderVerdict;
using feed::v1::StreamOrdersRequest;
using feed::v1::StreamOrdersResponse;
using Stream = grpc::ServerReaderWriter<StreamOrdersResponse, StreamOrdersRequest>;

// Units of work, each a message of 256 orders or a single call.
constexpr size_t kMaxQueued = 256;
constexpr size_t kMaxGroupOrders = 8'192;

LimitOrder MakeLimitOrder(const std::string& partner, const order::v1::Order& order) {
  LimitOrder result;
  result.id_key.reserve(partner.size() + 1 + order.external_order_id().size());
  result.id_key.append(partner).append(1, '\0').append(order.external_order_id());
  if (order.has_sequence_number()) {
    result.sequence_key.append(partner).append(1, '\0');
    AppendBigEndian(result.sequence_key, static_cast<uint64_t>(order.sequence_number()), 8);
  }
  order.SerializeToString(&result.bytes);
  return result;
}

void FillVerdict(const LimitOrder& order, OrderVerdict& verdict) {
  switch (order.outcome) {
    case LimitOrder::Outcome::kCreated:
      verdict.set_verdict(OrderVerdict::CREATED);
      break;
    case LimitOrder::Outcome::kReplayed:
      verdict.set_verdict(OrderVerdict::REPLAYED);
      break;
    case LimitOrder::Outcome::kSequenceReused:
      verdict.set_verdict(OrderVerdict::SEQUENCE_REUSED);
      return;
  }
  verdict.set_order_id(MakeOrderId({0, order.position + 1}).ToString());
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {grpc::StatusCode::INTERNAL, std::string(status.message())};
}

class SingleWork final : public LimitWork {
 public:
  SingleWork(OrderVerdict& verdict, absl::Status& status, absl::Notification& done)
      : verdict_(verdict), status_(status), done_(done) {}

  void Finish(const absl::Status& status) override {
    status_ = status;
    if (status.ok()) FillVerdict(orders.front(), verdict_);
    done_.Notify();
  }

 private:
  OrderVerdict& verdict_;
  absl::Status& status_;
  absl::Notification& done_;
};

// What one stream has not answered yet.
class Unanswered {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void Done(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (status_.ok()) status_ = status;
    --count_;
  }
  absl::Status WaitForNone() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* count) { return *count == 0; }, &count_));
    return status_;
  }

 private:
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

// Only the writer's thread writes to the stream.
class StreamWork final : public LimitWork {
 public:
  StreamWork(Stream& stream, Unanswered& unanswered, const StreamOrdersRequest& request)
      : stream_(stream), unanswered_(unanswered) {
    unanswered_.Add();
    orders.reserve(static_cast<size_t>(request.orders_size()));
    tags_.reserve(orders.capacity());
    for (const auto& input : request.orders()) {
      orders.push_back(MakeLimitOrder(request.partner_id(), input.order()));
      tags_.push_back(input.tag());
    }
  }

  void Finish(const absl::Status& status) override {
    if (status.ok()) {
      StreamOrdersResponse response;
      response.mutable_results()->Reserve(static_cast<int>(orders.size()));
      for (size_t i = 0; i < orders.size(); ++i) {
        auto* result = response.add_results();
        result->set_tag(tags_[i]);
        FillVerdict(orders[i], *result->mutable_verdict());
      }
      stream_.Write(response);
    }
    unanswered_.Done(status);
  }

 private:
  Stream& stream_;
  Unanswered& unanswered_;
  std::vector<uint64_t> tags_;
};

}  // namespace

LimitWriter::~LimitWriter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void LimitWriter::Submit(std::unique_ptr<LimitWork> work) {
  absl::MutexLock lock(&mutex_);
  const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return queue_.size() < kMaxQueued; };
  mutex_.Await(absl::Condition(&has_room));
  queue_.push_back(std::move(work));
}

bool LimitWriter::TakeGroup(std::vector<std::unique_ptr<LimitWork>>& group) {
  absl::MutexLock lock(&mutex_);
  const auto is_needed = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
  mutex_.Await(absl::Condition(&is_needed));
  size_t orders = 0;
  while (!queue_.empty() && orders < kMaxGroupOrders) {
    orders += queue_.front()->orders.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !group.empty();
}

void LimitWriter::Run() {
  std::vector<std::unique_ptr<LimitWork>> group;
  std::vector<LimitOrder*> orders;
  while (TakeGroup(group)) {
    for (const auto& work : group) {
      for (LimitOrder& order : work->orders) orders.push_back(&order);
    }
    const absl::Status status = store_.Commit(orders);
    for (const auto& work : group) work->Finish(status);
    group.clear();
    orders.clear();
  }
}

grpc::Status LimitService::SubmitOrder(grpc::ServerContext*, const feed::v1::SubmitOrderRequest* request,
                                       OrderVerdict* response) {
  if (!request->has_order()) return {grpc::StatusCode::INVALID_ARGUMENT, "only canonical orders are taken"};
  absl::Status status;
  absl::Notification done;
  auto work = std::make_unique<SingleWork>(*response, status, done);
  work->orders.push_back(MakeLimitOrder(request->partner_id(), request->order()));
  writer_.Submit(std::move(work));
  done.WaitForNotification();
  return ToGrpc(status);
}

grpc::Status LimitService::StreamOrders(grpc::ServerContext*, Stream* stream) {
  Unanswered unanswered;
  StreamOrdersRequest request;
  bool canonical = true;
  while (canonical && stream->Read(&request)) {
    for (const auto& input : request.orders()) canonical = canonical && input.has_order();
    if (canonical && request.orders_size() > 0) {
      writer_.Submit(std::make_unique<StreamWork>(*stream, unanswered, request));
    }
  }
  const absl::Status status = unanswered.WaitForNone();
  if (!canonical) return {grpc::StatusCode::INVALID_ARGUMENT, "only canonical orders are taken"};
  return ToGrpc(status);
}

}  // namespace ordermesh::bench
